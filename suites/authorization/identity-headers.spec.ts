import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { check } from "../runner/check.ts";
import { hostText } from "../support/access-cases.ts";
import { whyForged } from "./support/forged-identity.ts";
import { forwardAuthOption, loginCases, whyNotAsked } from "./support/login-cases.ts";

/** Whom a client pretends to be. */
const forged = "root-of-the-client";

check({
  id: "AUTH-02/identity-headers-dropped",
  requirements: ["AUTH-02"],
  title: "an identity header of a client never arrives, whatever its spelling; the service's own does",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const [first] = loginCases(edge, evidence, ["GET"]);
    const cases = loginCases(edge, evidence, ["GET"])
      .filter(({ host, path }) => host !== first?.host || path === first?.path)
      .flatMap((one) =>
        one.decision.rule.headers.flatMap((name) => variantsOf(name).map((spelling) => ({ ...one, name, spelling }))),
      );
    if (cases.length === 0) evidence.notSupported("the policy names no identity header of its login");
    await forEachCase(
      "a forged identity header is dropped or replaced",
      cases,
      ({ host, spelling }) => `${spelling} (${hostText(edge.policy, host)})`,
      async ({ host, path, name, spelling, service }) => {
        const headers = [...edge.session, [spelling, forged] as const];
        const exchange = await edge.send({ host, path, headers });
        const received = edge.received(exchange);
        if (received === undefined) {
          // Refused altogether: nothing of the client arrives either.
          if ((exchange.response?.status ?? 0) >= 400) return;
        }
        const arrived = received?.headers.filter(([, value]) => value.includes(forged)) ?? [];
        if (arrived.length === 0) return;
        const found = {
          summary: `LiteLLM receives the client's own ${spelling}`,
          code: "forged-identity",
          expected: `no ${spelling} of the client at LiteLLM`,
          actual: arrived.map((line) => line.join(": ")).join("\n"),
          evidence: exchangeEvidence(exchange),
        };
        const isJudged = (await edge.judgements(service)).some(({ agent }) => agent.includes(exchange.id));
        if (!isJudged) {
          throw new CheckFailure({
            ...found,
            ...(await whyNotAsked(
              edge,
              exchange,
              "the forwardAuth middleware on the router that takes this request asks another service, so nothing replaces the header",
            )),
          });
        }
        throw new CheckFailure({
          ...found,
          ...whyForged(name, spelling),
          ...forwardAuthOption(edge, "authResponseHeaders"),
        });
      },
    );
  },
});

check({
  id: "AUTH-02/identity-arrives",
  requirements: ["AUTH-02"],
  title: "LiteLLM learns from the service who the caller is",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const cases = loginCases(edge, evidence, ["GET"]).flatMap((one) =>
      one.decision.rule.headers.map((name) => ({ ...one, name })),
    );
    if (cases.length === 0) evidence.notSupported("the policy names no identity header of its login");
    await forEachCase(
      "the service's identity header arrives",
      cases,
      ({ host, path, name }) => `${name} (${hostText(edge.policy, host)}${path})`,
      async ({ host, path, name, service }) => {
        const exchange = await edge.send({ host, path, headers: edge.session });
        const received = edge.received(exchange);
        const values = received?.headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()) ?? [];
        if (values.length === 1 && values[0]?.[1] === edge.identity(name)) return;
        throw new CheckFailure({
          summary: `${name} does not arrive as the forward-auth service sets it`,
          code: "no-identity",
          expected: `${name}: ${edge.identity(name)} at LiteLLM`,
          actual: values.length === 0 ? `no ${name}` : values.map((line) => line.join(": ")).join("\n"),
          evidence: exchangeEvidence(exchange),
          ...((await edge.judgements(service)).some(({ agent }) => agent.includes(exchange.id))
            ? {
                cause: "the middleware's authResponseHeaders does not list it",
                ...forwardAuthOption(edge, "authResponseHeaders"),
                fix: `add ${name} to authResponseHeaders, or remove it from the policy's 'headers'`,
              }
            : await whyNotAsked(
                edge,
                exchange,
                "the forwardAuth middleware on the router that takes this request asks another service",
              )),
        });
      },
    );
  },
});

/** `Remote-User`, `Remote_User` and `remote_user`: one header for a server that turns names into variables (CGI, WSGI). */
function variantsOf(name: string): string[] {
  return [...new Set([name, name.replaceAll("-", "_"), name.toLowerCase().replaceAll("-", "_"), name.toUpperCase()])];
}
