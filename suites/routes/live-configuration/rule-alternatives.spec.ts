import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { whyNotRefused } from "../../../helpers/checks/routing-causes.ts";
import { type Decision, decide, isOpen, isPreflight } from "../../../helpers/deployment/policy/access.ts";
import {
  type Alternative,
  alternativeText,
  type RuleRequest,
  witnessesOf,
} from "../../../helpers/deployment/traefik/rules/witness.ts";
import type { PolicyHost } from "../../../helpers/deployment/types.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { answerFrom } from "../../support/answers.ts";
import { reachedRequests } from "../support/edge-decisions.ts";
import { listedAlternatives } from "../support/listed-alternatives.ts";

type LiveRouter = Awaited<ReturnType<Edge["routers"]>>["routers"][number];

/** A request that a router's rule allows, and that the policy allows with a credential only, or not at all. */
interface Witness {
  router: LiveRouter;
  alternative: Alternative;
  /** The host of the policy by whose entry point it is sent. */
  through: PolicyHost;
  request: RuleRequest;
  /** Undefined for a host that the policy does not name. */
  decision: Decision | undefined;
}

const kinds = ["bearer", "litellm", "login", "nobody", "redirect", "anyone"] as const;

/** The credential that a `bearer` rule of the policy demands. */
const bearerForm = /^Bearer +\S+$/i;

check({
  id: "ROUTE-21/alternatives-without-credential",
  requirements: ["ROUTE-21"],
  title: "no alternative of a live rule leads to LiteLLM without the credential that the policy demands",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { routers } = await edge.routers();
    const untried: string[] = [];
    const client = await addressOfClient(edge);
    const own = routers.filter(({ service }) => !service.endsWith("@internal"));
    const witnesses = own.flatMap((router) => witnessesOfRouter(edge, router, client, untried));
    for (const one of untried) evidence.finding(`An alternative of a rule was not tried: ${one}.`);
    if (witnesses.length === 0)
      evidence.notSupported(
        untried.length > 0
          ? `no alternative of a rule could be tried: ${untried.join("; ")}`
          : "the policy demands a credential for nothing that a live rule allows",
      );
    await forEachCase(
      "a request that satisfies a rule without the credential of the policy does not reach LiteLLM",
      witnesses,
      ({ router, request }) => `${router.name} with ${lineOf(request)}`,
      async ({ router, alternative, through, request, decision }) => {
        const lines = [`Host: ${request.host}`, ...request.headers.map(([name, value]) => `${name}: ${value}`)];
        const exchange = await edge.sendRaw({
          host: through,
          path: targetOf(request),
          method: request.method,
          lines,
        });
        const isReached = edge.received(exchange) !== undefined;
        exchange.judgement = {
          expected: "refused",
          found: answerFrom(isReached ? "LiteLLM" : "Traefik", exchange),
          holds: !isReached,
        };
        if (!isReached) return;
        const { router: taken = router.name } = await edge.routing(exchange);
        const why = whyNotRefused(edge.deployment, exchange, taken);
        const alone = taken === router.name ? `${alternativeText(alternative)} alone satisfies the rule` : undefined;
        throw new CheckFailure({
          summary: `${lineOf(request)} reaches LiteLLM without the credential that the policy demands`,
          code: decision === undefined ? "unnamed-host" : "alternative-without-credential",
          expected: expectation(decision),
          actual: answerFrom("LiteLLM", exchange),
          evidence: exchangeEvidence(exchange),
          ...why,
          ...(alone === undefined ? {} : { cause: why.cause === undefined ? alone : `${why.cause}; ${alone}` }),
          fix:
            decision === undefined
              ? "remove the alternative from the rule, or add the host to the policy"
              : "remove the alternative from the rule, or say in the policy who may reach this path",
        });
      },
    );
  },
});

function expectation(decision: Decision | undefined): string {
  if (decision === undefined) return "a refusal: the policy does not name this host";
  const demanded =
    decision.who === "bearer" ? " without a Bearer credential" : decision.who === "login" ? " without a session" : "";
  return `a refusal${demanded}, as the policy says`;
}

/** The address that Traefik sees this run's requests come from; undefined where LiteLLM receives none. */
async function addressOfClient(edge: Edge): Promise<string | undefined> {
  const requests = onePathOf(edge.policy, ["anyone", "bearer", "litellm", "login"]).map(({ host, path }) => ({
    host,
    path,
    bearer: edge.anyKey,
    headers: edge.session,
  }));
  if (requests.length === 0) return undefined;
  const [first] = await reachedRequests(edge, requests);
  return header(first?.received.headers, "X-Forwarded-For")?.split(",").at(-1)?.trim();
}

function witnessesOfRouter(edge: Edge, router: LiveRouter, client: string | undefined, untried: string[]): Witness[] {
  const { policy } = edge;
  const through = policy.hosts.filter(({ entryPoint = "" }) => router.entryPoints.includes(entryPoint));
  const [first] = through;
  if (first === undefined) return [];
  const paths = [...new Set(kinds.flatMap((who) => onePathOf(policy, [who]).map(({ path }) => path)))];
  const choices = { hosts: through.map(({ name }) => name), paths, client };
  const found = alternativesIn(router, untried).flatMap((alternative) => {
    const witnesses = witnessesOf(alternative, choices);
    if ("untried" in witnesses) {
      untried.push(`${router.name}: ${witnesses.untried}`);
      return [];
    }
    return witnesses.requests.flatMap((request): Witness[] => {
      const host = through.find(({ name }) => name === request.host);
      const decision = host && decide(policy, host, request);
      if (host !== undefined && isPreflight(host, request)) return [];
      if (decision !== undefined && isOpen(decision)) return [];
      return [{ router, alternative, through: host ?? first, request: withoutBearer(request), decision }];
    });
  });
  return [...new Map(found.map((one) => [JSON.stringify(one.request), one])).values()];
}

/** None for a rule in another syntax than v3's, which ROUTE-12 judges. */
function alternativesIn({ name, rule }: LiveRouter, untried: string[]): readonly Alternative[] {
  const alternatives = listedAlternatives(rule);
  if (!("untried" in alternatives)) return alternatives;
  untried.push(`${name}: ${alternatives.untried}`);
  return [];
}

/** The same request without a Bearer credential; anything else in `Authorization` stays, because no policy demands it. */
function withoutBearer(request: RuleRequest): RuleRequest {
  const isBearer = ([name, value]: readonly [string, string]): boolean =>
    name.toLowerCase() === "authorization" && bearerForm.test(value);
  return { ...request, headers: request.headers.filter((line) => !isBearer(line)) };
}

function targetOf({ path, query }: RuleRequest): string {
  const parameters = query.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  return parameters.length > 0 ? `${path}?${parameters.join("&")}` : path;
}

function lineOf(request: RuleRequest): string {
  const headers = request.headers.map(([name, value]) => `, ${name}: ${value}`);
  return `${request.method} ${request.host}${targetOf(request)}${headers.join("")}`;
}
