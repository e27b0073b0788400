import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { originOf } from "../../helpers/deployment/services/origins.ts";
import { check } from "../runner/check.ts";
import { hostText } from "../support/access-cases.ts";
import { forwardAuthOption, loginCases, whyNotAsked } from "./support/login-cases.ts";

/** What a client may write to be judged as another request. */
const forged: readonly (readonly [name: string, value: string])[] = [
  ["X-Forwarded-Uri", "/health/liveliness"],
  ["X-Forwarded-Method", "OPTIONS"],
  ["X-Forwarded-Host", "public.example"],
  ["X-Forwarded-Proto", "ftp"],
  ["X-Original-Url", "/health/liveliness"],
  ["X-Rewrite-Url", "/health/liveliness"],
];

check({
  id: "AUTH-02/forwarded-headers-change-nothing",
  requirements: ["AUTH-02"],
  title: "X-Forwarded-* headers of a client cannot change what is judged",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const all = loginCases(edge, evidence, ["GET"]);
    const hosts = [...new Set(all.map(({ host }) => host))];
    const cases = hosts.flatMap((host) => {
      const one = all.find((candidate) => candidate.host === host);
      return one === undefined ? [] : forged.map(([name, value]) => ({ ...one, name, value }));
    });
    const sent = await Promise.all(
      cases.map(async (one) => {
        const { host, path, name, value } = one;
        return { ...one, exchange: await edge.send({ host, path, headers: [[name, value]] }) };
      }),
    );
    const services = [...new Set(cases.map(({ service }) => service))];
    const judged = (await Promise.all(services.map((service) => edge.judgements(service)))).flat();
    await forEachCase(
      "the request is judged as what it is",
      sent,
      ({ host, name }) => `${name} (${hostText(edge.policy, host)})`,
      async ({ host, path, name, value, service, exchange }) => {
        const own = judged.find(({ agent }) => agent.includes(exchange.id));
        const isTrue =
          own !== undefined &&
          own.uri === path &&
          own.method === "GET" &&
          own.host === new URL(originOf(edge.deployment, host)).host &&
          own.proto === host.scheme;
        if (isTrue && edge.received(exchange) === undefined) return;
        const expected = `${service} is asked about GET ${originOf(edge.deployment, host)}${path}`;
        if (own === undefined)
          throw new CheckFailure({
            summary: `${service} is not asked about a request with ${name}`,
            code: "not-judged",
            expected,
            actual: "it is not asked",
            evidence: exchangeEvidence(exchange),
            ...(await whyNotAsked(
              edge,
              exchange,
              "the forwardAuth middleware on the router that takes this request asks another service",
            )),
          });
        throw new CheckFailure({
          summary: `with ${name}: ${value}, ${service} is asked about ${own.method} ${own.proto}://${own.host}${own.uri}`,
          code: "judged-as-another",
          expected,
          actual: `${own.method} ${own.proto}://${own.host}${own.uri}`,
          evidence: exchangeEvidence(exchange),
          cause:
            "trustForwardHeader is set and the entry point trusts its clients (forwardedHeaders): with any public path of the service, " +
            "a client is judged by what it writes",
          ...forwardAuthOption(edge, "trustForwardHeader"),
          fix: "remove trustForwardHeader, and forwardedHeaders.insecure of the entry point",
        });
      },
    );
  },
});
