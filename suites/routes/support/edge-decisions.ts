import type { Edge, EdgeRequest } from "../../../containers/targets/edge.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { whyNotReached, whyNotRefused } from "../../../helpers/checks/routing-causes.ts";
import { DeadlineError } from "../../../helpers/core/deadlines.ts";
import type { Decision } from "../../../helpers/deployment/policy/access.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { type Exchange, endedInHandshake, type HeaderLines, header } from "../../../helpers/protocol/exchange.ts";
import type { Received } from "../../../helpers/protocol/whoami.ts";
import { answerFrom } from "../../support/answers.ts";
import { locationOf } from "../../support/router-locations.ts";
import { expectNoShortTimeout } from "./stream-timeouts.ts";

/** A request that reached the target, with its answer. */
export interface ReachedRequest<Request extends EdgeRequest> {
  request: Request;
  exchange: Exchange;
  /** The request as the target received it. */
  received: Received;
}

/**
 * Asserts that a request reached the target.
 *
 * @returns the request as the target received it
 * @throws {CheckFailure} that names the router that took the request instead
 */
export async function expectReached(edge: Edge, exchange: Exchange): Promise<Received> {
  const received = edge.received(exchange);
  const actual = answerFrom(received === undefined ? "Traefik" : "LiteLLM", exchange);
  exchange.judgement = { expected: "let through", found: actual, holds: received !== undefined };
  if (received !== undefined) return received;
  expectNoShortTimeout(edge.deployment, exchange);
  const { router, status } = await edge.routing(exchange);
  throw new CheckFailure({
    summary: `${exchange.request.method} ${exchange.request.url} does not reach LiteLLM`,
    code: "not-reached",
    expected: "an answer from LiteLLM",
    actual,
    evidence: exchangeEvidence(exchange),
    ...whyNotReached(edge.deployment, exchange, { router, status }),
  });
}

/**
 * Asserts that Traefik refused a request and did not forward it: by the answer and by Traefik's own log.
 *
 * @param options.malformed Traefik answers what is not HTTP before it logs anything: then its answer alone counts
 * @throws {CheckFailure} that names the router that forwarded the request
 */
export async function expectRefused(
  edge: Edge,
  exchange: Exchange,
  options: { malformed?: boolean } = {},
): Promise<void> {
  const isReceived = edge.received(exchange) !== undefined;
  const judge = (found: string, holds: boolean): void => {
    exchange.judgement = { expected: "refused", found, holds };
  };
  judge(answerFrom("Traefik", exchange), true);
  const { status = 0 } = exchange.response ?? {};
  // Where TLS options differ by host, Traefik answers 421 to a Host header that does not belong to the handshake's name: before any
  // router, and without a line in its log (pkg/middlewares/snicheck).
  if (!isReceived && (status === 421 || (options.malformed && status >= 400))) return;
  // So does `sniStrict` to a name without a certificate.
  if (endedInHandshake(exchange)) return;
  if (!options.malformed) expectNoShortTimeout(edge.deployment, exchange);
  const { router, server } = await edge.routing(exchange);
  const isForwarded = isReceived || server !== undefined;
  if (!isForwarded && exchange.response !== undefined) return;
  const request = `${exchange.request.method} ${exchange.request.url}`;
  const location = locationOf(edge.deployment, router);
  judge(isForwarded ? answerFrom("LiteLLM", exchange) : "no response", false);
  throw new CheckFailure({
    ...(isForwarded
      ? {
          summary: `${request} reaches LiteLLM`,
          code: "not-refused",
          actual: answerFrom("LiteLLM", exchange),
          ...whyNotRefused(edge.deployment, exchange, router),
        }
      : {
          summary: `${request} is not answered`,
          code: "no-response",
          actual: "no response",
          cause: "Traefik closed the connection or did not answer in time",
          ...(location === undefined ? {} : { location }),
        }),
    expected: "a refusal from Traefik",
    evidence: exchangeEvidence(exchange),
  });
}

/** Sends one and the same request with other credentials. */
export type Send = (credentials: { bearer?: string; headers?: HeaderLines }) => Promise<Exchange>;

/**
 * Asserts that the edge does with a request what the policy says: lets it through or refuses it without a credential, and
 * with the one that the policy demands. A refusal counts next to the same request allowed, where the policy allows any.
 *
 * @throws {CheckFailure}
 */
export async function expectDecision(edge: Edge, { who, location }: Decision, send: Send): Promise<void> {
  const withKey = (): Promise<Exchange> => send({ bearer: edge.anyKey });
  switch (who) {
    case "anyone":
    case "injected":
      await expectReached(edge, await send({}));
      return;
    case "litellm":
      await expectReached(edge, await send({}));
      await expectReached(edge, await withKey());
      return;
    case "bearer":
      await expectRefused(edge, await send({}));
      // Control (design, rule 2): the same request with a key gets through, so the target is up.
      await expectReached(edge, await withKey());
      return;
    case "login":
      await expectRefused(edge, await send({}));
      await expectRefused(edge, await withKey());
      await expectReached(edge, await send({ headers: edge.session }));
      return;
    case "nobody":
      await expectRefused(edge, await send({}));
      await expectRefused(edge, await withKey());
      return;
    case "redirect":
      for (const exchange of [await send({}), await withKey()]) {
        await expectRefused(edge, exchange);
        expectRedirect(exchange, location);
      }
  }
}

/** Asserts that Traefik answered a request with a redirect. */
function expectRedirect(exchange: Exchange, location: SourceLocation): void {
  const status = exchange.response?.status ?? 0;
  const leadsTo = header(exchange.response?.headers, "location");
  if (status >= 300 && status < 400 && leadsTo !== undefined) return;
  throw new CheckFailure({
    summary: `${exchange.request.method} ${exchange.request.url} is not redirected`,
    code: "not-redirected",
    expected: "a redirect from Traefik",
    actual: answerFrom("Traefik", exchange),
    evidence: exchangeEvidence(exchange),
    cause: "no router or entry point redirects this request",
    location,
  });
}

/**
 * Sends requests and returns those that reach the target; whether each of them should is another requirement.
 *
 * @throws {CheckFailure} when none does, because then nothing can be judged
 */
export async function reachedRequests<Request extends EdgeRequest>(
  edge: Edge,
  requests: readonly Request[],
): Promise<ReachedRequest<Request>[]> {
  const exchanges = await Promise.all(requests.map((request) => edge.send(request)));
  const reached = exchanges.flatMap((exchange, index) => {
    const [request, received] = [requests[index], edge.received(exchange)];
    return request === undefined || received === undefined ? [] : [{ request, exchange, received }];
  });
  if (reached.length > 0) return reached;
  const [first, ...others] = exchanges;
  const routing = first && (await routingOf(edge, first));
  throw new CheckFailure({
    summary: `none of ${requests.length} requests reaches LiteLLM`,
    code: "none-reached",
    expected: "at least one request that reaches LiteLLM",
    actual: "none",
    cause: "no router forwards them, or LiteLLM's port in the labels is wrong",
    ...(first === undefined ? {} : { evidence: exchangeEvidence(first, ...others) }),
    location: edge.deployment.litellm.location,
    ...(first === undefined || routing === undefined ? {} : whyNotReached(edge.deployment, first, routing)),
  });
}

/** How Traefik routed a request, a request that timed out included; undefined where Traefik does not log it. */
async function routingOf(edge: Edge, exchange: Exchange): Promise<Awaited<ReturnType<Edge["routing"]>> | undefined> {
  try {
    return await edge.routing(exchange);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return undefined;
  }
}
