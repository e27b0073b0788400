import type { Edge, EdgeRequest } from "../../containers/targets/edge.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { addressIn, serviceAt } from "../../helpers/deployment/services/hosts.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { hostText } from "../support/access-cases.ts";
import { answerFrom } from "../support/answers.ts";
import { type LoginCase, loginCases, refusedByJudge, whyNotAsked } from "./support/login-cases.ts";

check({
  id: "AUTH-02/each-private-request-judged",
  requirements: ["AUTH-02"],
  title: "the forward-auth service is asked about each private request, and its refusal is passed on",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const cases = loginCases(edge, evidence, ["GET", "POST"]);
    const sent = await sendAll(edge, cases, ({ host, path, method }) => ({ host, path, method }));
    await expectJudged(edge, sent);
    await forEachCase(
      "the refusal of the forward-auth service reaches the caller",
      sent,
      nameOf(edge),
      async ({ exchange, decision }) => {
        const isForwarded =
          edge.received(exchange) !== undefined || (await edge.routing(exchange)).server !== undefined;
        const status = exchange.response?.status ?? 0;
        if (!isForwarded && refusedByJudge(exchange) && decision.refusal.statuses.includes(status)) return;
        throw new CheckFailure({
          summary: isForwarded
            ? "a request without a session reaches LiteLLM"
            : "the caller does not get the answer of the forward-auth service",
          code: isForwarded ? "not-refused" : "refusal-not-passed-on",
          expected: `${decision.refusal.statuses.join(" or ")} from the forward-auth service`,
          actual: answerFrom(isForwarded ? "LiteLLM" : "Traefik", exchange),
          evidence: exchangeEvidence(exchange),
          ...(await whyNotAsked(
            edge,
            exchange,
            isForwarded
              ? "the forwardAuth middleware on the router that takes this request asks another service"
              : "another middleware or router answers, or replaces the answer (errors)",
          )),
        });
      },
    );
  },
});

check({
  id: "AUTH-02/asked-where-it-may-be",
  requirements: ["AUTH-02"],
  title: "Traefik asks the login service at a port by which the policy lets it reach that service",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy, deployment } = edge;
    const { compose, traefik, traefikModel } = deployment;
    const services = new Set(loginCases(edge, evidence, ["GET"]).map(({ service }) => service));
    const asked = traefikModel.middlewares.flatMap(({ name, kind, options }) => {
      const address = kind === "forwardauth" ? options.get("forwardauth.address") : undefined;
      const target = address && addressIn(address.value);
      const service = target && serviceAt(compose, target.host, traefik)?.name;
      const allowed = policy.reach.filter(({ from, to }) => from === traefik.name && to === service);
      if (address === undefined || service === undefined || !services.has(service) || allowed.length === 0) return [];
      return [{ name, address, service, port: target?.port, allowed }];
    });
    // The stand-in listens where the middleware asks: only the policy says where the service itself does.
    if (asked.length === 0)
      evidence.notSupported("the policy's 'reach' does not say at which port Traefik reaches the login service");
    await forEachCase(
      "the port of the middleware's address is one that the policy names",
      asked,
      ({ name }) => name,
      async ({ name, address, service, port, allowed }) => {
        const ports = allowed.flatMap((one) => one.ports);
        if (port !== undefined && ports.includes(port)) return;
        throw new CheckFailure({
          summary: `the middleware ${name} asks ${service} at port ${port ?? "(none)"}, which no rule of the policy's reach allows`,
          code: "another-port",
          expected: `${service} at port ${ports.join(" or ")}`,
          actual: address.value,
          cause:
            "the address names another port than the one at which the service listens: Traefik refuses every private request",
          location: address.location,
          fix: `write the port ${ports.join(" or ")} into the address, or add ${port ?? "its port"} to 'reach' in the policy`,
        });
      },
    );
  },
});

check({
  id: "AUTH-02/sessions-reach-litellm",
  requirements: ["AUTH-02"],
  title: "a request of a caller who has logged in is judged too, and reaches LiteLLM",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const cases = loginCases(edge, evidence, ["GET", "POST"]);
    const sent = await sendAll(edge, cases, ({ host, path, method }) => ({
      host,
      path,
      method,
      headers: edge.session,
    }));
    await expectJudged(edge, sent);
    await forEachCase("an approved request reaches LiteLLM", sent, nameOf(edge), async ({ exchange }) => {
      if (edge.received(exchange) !== undefined) return;
      throw new CheckFailure({
        summary: "a request with a session does not reach LiteLLM",
        code: "not-reached",
        expected: "an answer from LiteLLM",
        actual: answerFrom("Traefik", exchange),
        evidence: exchangeEvidence(exchange),
        ...(await whyNotAsked(
          edge,
          exchange,
          "the middleware does not pass the session's cookie on (authRequestHeaders), or another one refuses the request",
        )),
      });
    });
    const { endpoint, stream } = edge.policy.mcp;
    if (cases.some(({ path }) => path === endpoint || path === stream))
      evidence.finding(
        `MCP (${endpoint}) is behind a login for browsers on ${[...new Set(cases.map(({ host }) => host.name))].join(", ")}: ` +
          "Codex and every other MCP client can't log in there.",
      );
  },
});

interface Sent extends LoginCase {
  exchange: Exchange;
}

async function sendAll(
  edge: Edge,
  cases: readonly LoginCase[],
  requestOf: (one: LoginCase) => EdgeRequest,
): Promise<Sent[]> {
  return await Promise.all(cases.map(async (one) => ({ ...one, exchange: await edge.send(requestOf(one)) })));
}

const nameOf =
  ({ policy }: Edge) =>
  ({ host, path, method }: LoginCase): string =>
    `${method} ${hostText(policy, host)}${path}`;

/** Asserts that the stand-in was asked about each request: by its path, method and host. */
async function expectJudged(edge: Edge, sent: readonly Sent[]): Promise<void> {
  const services = [...new Set(sent.map(({ service }) => service))];
  const judged = new Map(
    await Promise.all(services.map(async (service) => [service, await edge.judgements(service)] as const)),
  );
  await forEachCase(
    "the forward-auth service is asked about the request as it was sent",
    sent,
    nameOf(edge),
    async ({ host, path, method, service, exchange }) => {
      const own = judged.get(service)?.find(({ agent }) => agent.includes(exchange.id));
      if (own !== undefined && own.uri === path && own.method === method && own.host === host.name) return;
      throw new CheckFailure({
        summary:
          own === undefined
            ? `${service} is not asked about ${method} ${path}`
            : `${service} is asked about ${own.method} ${own.host}${own.uri} instead`,
        code: own === undefined ? "not-judged" : "judged-as-another",
        expected: `${service} is asked about ${method} ${host.name}${path}`,
        actual: own === undefined ? "it is not asked" : `${own.method} ${own.host}${own.uri}`,
        evidence: exchangeEvidence(exchange),
        ...(await whyNotAsked(
          edge,
          exchange,
          own === undefined
            ? "the router that takes this request has no forwardAuth middleware that asks it"
            : "a middleware in front of forwardAuth changes the request",
        )),
      });
    },
  );
}
