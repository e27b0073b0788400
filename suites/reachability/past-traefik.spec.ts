import type { GatewayTarget, GatewayWith } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { isOfOtherService } from "../../helpers/deployment/services/left-out-ports.ts";
import { unknownKey } from "../../helpers/deployment/source/canaries.ts";
import type { ReachRule } from "../../helpers/deployment/types.ts";
import { check } from "../runner/check.ts";
import type { Evidence } from "../runner/evidence.ts";
import { everyoneAdmitted } from "../support/any-key.ts";
import { privatePaths } from "../support/private-paths.ts";
import { type CurlStatus, statuses } from "./support/curl.ts";
import { whyNoAnswer } from "./support/no-answer.ts";

/** LiteLLM 1.77.1 opens connections for callers without a key on this path, which is a requirement of its own (REACH-09). */
const connectionTest = "/mcp-rest/test/connection";

check({
  id: "REACH-06/key-demanded-on-the-lan",
  requirements: ["REACH-06"],
  title: "past Traefik, LiteLLM demands a key on the LAN for everything that is not public",
  needs: ["gateway", "commands"],
  slow: true,
  async run({ gateway, evidence }) {
    for (const port of portsPastTraefik(gateway, evidence)) {
      await expectOpenWithKey(gateway, port);
      const requests = privatePaths(gateway.policy)
        .filter((path) => path !== connectionTest)
        .flatMap((path) => ["GET", "POST"].map((method) => ({ path, method })))
        .flatMap((request) => [
          { ...request, caller: "no key", bearer: undefined },
          { ...request, caller: "an unknown key", bearer: unknownKey },
        ]);
      const answers = await answersOf(gateway, port, requests);
      const table = answers.map(({ path, method, caller, answer: { status } }) => ({ path, method, caller, status }));
      await evidence.keep("decisions.json", JSON.stringify(table, null, 1));
      // 404 and 405: the path has no route for this method.
      const routes = answers.filter(({ answer: { status } }) => status !== 404 && status !== 405);
      await forEachCase(
        "LiteLLM refuses a request without a valid key",
        routes,
        ({ caller, method, path }) => `${method} ${path} with ${caller}`,
        (answer) => expectRefused(gateway, port, answer),
      );
    }
  },
});

check({
  id: "REACH-09/no-outgoing-connections-without-key",
  requirements: ["REACH-09"],
  title: "past Traefik, LiteLLM opens no connection for a caller without a key",
  needs: ["gateway", "commands"],
  async run({ gateway, evidence }) {
    for (const port of portsPastTraefik(gateway, evidence)) {
      await expectOpenWithKey(gateway, port);
      const request = { path: connectionTest, method: "POST", caller: "no key", bearer: undefined };
      for (const answer of await answersOf(gateway, port, [request])) {
        if (answer.answer.status === 404) evidence.finding(`This version has no route ${connectionTest}.`);
        else await expectRefused(gateway, port, answer);
      }
    }
  },
});

/** A port that the policy opens to the LAN and that is not one of Traefik's. */
interface OpenPort {
  rule: ReachRule;
  /** Of the host. */
  port: number;
  url(path: string): string;
}

function portsPastTraefik({ policy, deployment, internalHost }: GatewayTarget, evidence: Evidence): OpenPort[] {
  const traefik = new Set((deployment.traefik?.ports ?? []).map(({ host }) => host));
  const open = policy.reach
    .filter(({ from, to }) => from === "lan" && to === "gateway-host")
    .flatMap((rule) =>
      rule.ports
        .filter((port) => !traefik.has(port) && !isOfOtherService(deployment, port))
        .map((port) => ({
          rule,
          port,
          url: (path: string) => `http://${rule.as ?? internalHost.name}:${port}${path}`,
        })),
    );
  if (open.length === 0) evidence.notSupported("the policy opens no port past Traefik to the LAN");
  return open;
}

interface LanRequest {
  path: string;
  method: string;
  bearer: string | undefined;
  /** In messages: the credential that the caller has, e.g. `no key`. */
  caller: string;
}

interface Answered extends LanRequest {
  answer: CurlStatus;
}

/** Sends requests from the LAN. */
async function answersOf(
  gateway: GatewayWith<"commands">,
  { url }: OpenPort,
  requests: readonly LanRequest[],
): Promise<Answered[]> {
  const answers = await statuses(
    gateway,
    "lan-host",
    requests.map(({ path, ...request }) => ({ ...request, url: url(path) })),
  );
  return answers.flatMap((answer, index) => {
    const request = requests[index];
    return request === undefined ? [] : [{ ...request, answer }];
  });
}

/** Control for the refusals: the same port answers with the master key. */
async function expectOpenWithKey(gateway: GatewayWith<"commands">, port: OpenPort): Promise<void> {
  const request = { path: "/v1/models", method: "GET", bearer: gateway.masterKey, caller: "the master key" };
  for (const { answer } of await answersOf(gateway, port, [request])) {
    if (answer.status === 200) continue;
    const actual = statusText(answer);
    throw new CheckFailure({
      summary: `the control fails: ${port.url(request.path)} does not answer on the LAN with the master key`,
      code: "control-failed",
      expected: "200",
      actual,
      evidence: {
        sent: `GET ${port.url(request.path)} with the master key`,
        received: actual,
        commands: [answer.command],
      },
      cause: "the firewall denies it, or LiteLLM does not answer there",
      location: port.rule.location,
      ...whyNoAnswer(gateway.deployment, port.port, answer),
    });
  }
}

/** 401 and 403 are refusals; MCP answers 500 on some versions (CAT-10), and otherwise with the master key. */
async function expectRefused(
  gateway: GatewayWith<"commands">,
  port: OpenPort,
  { answer, ...request }: Answered,
): Promise<void> {
  const { status, size, command } = answer;
  if (status === 401 || status === 403) return;
  const withKey = { ...request, bearer: gateway.masterKey, caller: "the master key" };
  const isAdmitted = status > 0 && status < 400;
  // One short command is what a reproduction script repeats. It has no request without a response, and only an error has to be
  // compared with what the master key gets.
  const answers = await answersOf(gateway, port, [
    ...(status === 0 ? [] : [request]),
    ...(isAdmitted ? [] : [withKey]),
  ]);
  const keyed = answers.at(-1)?.answer;
  const keyedStatus = isAdmitted ? status : (keyed?.status ?? 0);
  // Without a database, 1.77.1 refuses an unknown key with 400, which a body without content may get too: they differ in length.
  const isSame = status === keyedStatus && size === keyed?.size;
  if (status >= 400 && keyedStatus !== 0 && !isSame) return;
  const { method, path, caller, bearer } = request;
  const isSilent = status === 0 || keyedStatus === 0;
  const actual = isAdmitted
    ? statusText(answer)
    : `${statusText(answer)}, and with the master key ${statusText(keyed)}`;
  throw new CheckFailure({
    summary: isSilent
      ? `${method} ${path} has no response for a caller with ${status === 0 ? caller : "the master key"}`
      : `${method} ${path} is answered to a caller with ${caller}`,
    code: isSilent ? "no-response" : "answered-without-key",
    expected: "401 or 403, or an error that a caller with the master key does not get",
    actual,
    evidence: {
      sent: `${method} ${port.url(path)}${bearer === undefined ? "" : " with Authorization: Bearer …"}`,
      received: actual,
      commands: [...(status === 0 ? [command] : []), ...(keyed === undefined ? [] : [keyed.command])],
    },
    cause: isSilent
      ? "LiteLLM hangs on this route, or the network between it and the LAN drops packets"
      : "LiteLLM demands no key for this route: no master_key, a custom_auth that admits it, or the version",
    location: gateway.deployment.litellm.location,
    // An error that the master key gets too does not refuse anybody.
    ...everyoneAdmitted(gateway, isSilent ? undefined : 200),
  });
}

function statusText({ status, isLate }: Pick<CurlStatus, "status" | "isLate"> = { status: 0, isLate: false }): string {
  if (status !== 0) return String(status);
  return isLate ? "no response in time" : "no response";
}
