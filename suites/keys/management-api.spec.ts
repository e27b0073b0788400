import type { GatewayTarget, GatewayWith } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { atMost } from "../../helpers/core/at-most.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import { managementApi } from "../support/management-api.ts";
import { operatorLogin } from "../support/operator-login.ts";
import { type Identity, identitiesOf } from "./support/identities.ts";

/** Requests that change something, or show what others have. Each body is one that LiteLLM would accept from its operator. */
const requests: readonly { method: string; path: string; body?: object }[] = [
  { method: "GET", path: "/key/list?return_full_object=true" },
  { method: "GET", path: "/get/config/callbacks" },
  { method: "POST", path: "/team/new", body: { team_alias: "made by somebody else" } },
  { method: "POST", path: "/user/new", body: { user_role: "proxy_admin" } },
  {
    method: "POST",
    path: "/model/new",
    body: { model_name: "made-by-somebody-else", litellm_params: { model: "openai/x" }, model_info: {} },
  },
  {
    method: "POST",
    path: "/v1/mcp/server",
    body: { server_name: "made_by_somebody_else", transport: "http", url: "http://nowhere.invalid/mcp" },
  },
];

/** How many requests run at a time. */
const atATime = 8;

check({
  id: "KEYS-06/management-is-the-operators",
  requirements: ["KEYS-06"],
  title: "nobody but the operator reads or changes keys, teams, users, models and servers",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    await managementApi(gateway, evidence);
    const identities = (await identitiesOf(gateway, evidence)).filter(({ key }) => key !== gateway.masterKey);
    const control = await gateway.send({ path: "/key/list?return_full_object=true", bearer: gateway.masterKey });
    if (control.response?.status !== 200) throw failure("the master key cannot list keys", "control-failed", control);
    const tried = await atMost(
      atATime,
      identities.flatMap((identity) => requests.map((request) => ({ identity, request }))),
      async ({ identity, request }) => ({
        identity,
        request,
        exchange: await sendAs(gateway, identity, request),
      }),
    );
    await forEachCase(
      "a caller who is not the operator is refused by the management API",
      tried,
      ({ identity, request }) => `${identity.name}, ${request.method} ${request.path}`,
      async ({ identity, request: { method, path }, exchange }) => {
        const status = exchange.response?.status;
        if (status === undefined)
          throw failure(`${identity.name} gets no answer to ${method} ${path}`, "no-response", exchange);
        if (status < 400)
          throw failure(`${identity.name} is not refused by ${method} ${path}`, "not-refused", exchange);
      },
    );
  },
});

check({
  id: "KEYS-06/login",
  requirements: ["KEYS-06"],
  title: "the UI's login takes the operator's password, and no other",
  needs: ["gateway", "litellm-port"],
  async run({ gateway, evidence }) {
    await managementApi(gateway, evidence);
    const { user: name, password } = operatorLogin(gateway, evidence);
    const accepted = await logIn(gateway, name, password);
    const isAccepted = accepted.response?.status === 303 && setsToken(accepted);
    const { litellm } = gateway.deployment;
    if (isAccepted && password === "")
      throw new CheckFailure({
        summary: `anyone who sends ${name === "" ? "an empty form" : `the user ${name} with an empty password`} is the operator`,
        code: "empty-password",
        expected: "a login with a password",
        actual: `${statusOf(accepted)} with a cookie`,
        cause: "UI_PASSWORD is set to an empty text, which LiteLLM takes as the password",
        location: (litellm.environment.get("UI_PASSWORD") ?? litellm).location,
        fix: "give UI_PASSWORD a value, or remove it: the master key is the password then",
        evidence: exchangeEvidence(accepted),
      });
    if (!isAccepted) throw failure("the operator cannot log in", "login-fails", accepted, "303 with a cookie");
    await forEachCase(
      "a wrong login is refused",
      [
        { how: "a wrong password", name, password: `${password}0` },
        { how: "an empty password", name, password: "" },
        { how: "the password's beginning", name, password: password.slice(0, Math.min(12, password.length - 1)) },
        { how: "another user", name: `${name}0`, password },
      ],
      ({ how }) => how,
      async ({ name: user, password: tried }) => {
        const exchange = await logIn(gateway, user, tried);
        if (exchange.response !== undefined && exchange.response.status >= 400 && !setsToken(exchange)) return;
        throw failure("a wrong login is not refused", "login-accepted", exchange);
      },
    );
  },
});

function sendAs(
  gateway: GatewayTarget,
  { key }: Identity,
  { method, path, body }: (typeof requests)[number],
): Promise<Exchange> {
  return gateway.send({
    path,
    method,
    ...(key === undefined ? {} : { bearer: key }),
    ...(body === undefined
      ? {}
      : { headers: [["Content-Type", "application/json"]] as const, body: JSON.stringify(body) }),
    deadline: deadlines.mcpRequest,
  });
}

function logIn(gateway: GatewayWith<"litellm-port">, username: string, password: string): Promise<Exchange> {
  return gateway.http.send({
    url: gateway.directUrl("/login"),
    method: "POST",
    headers: [["Content-Type", "application/x-www-form-urlencoded"]],
    body: new URLSearchParams({ username, password }).toString(),
  });
}

function setsToken({ response }: Exchange): boolean {
  return (response?.headers ?? []).some(
    ([name, value]) => name.toLowerCase() === "set-cookie" && /^token=./.test(value),
  );
}

function failure(
  summary: string,
  code: string,
  exchange: Exchange,
  expected = "a status of 400 or more",
): CheckFailure {
  return new CheckFailure({
    summary,
    code,
    expected,
    actual: statusOf(exchange),
    evidence: exchangeEvidence(exchange),
  });
}
