import type { Edge, EdgeRequest } from "../../../containers/targets/edge.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { type Exchange, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import type { Received } from "../../../helpers/protocol/whoami.ts";
import { locationOf } from "./router-locations.ts";

/**
 * The request gets through to the target.
 *
 * @returns what the target received
 * @throws {CheckFailure} naming the router that took it instead
 */
export async function mustReach(edge: Edge, request: EdgeRequest): Promise<{ exchange: Exchange; received: Received }> {
  const exchange = await edge.send(request);
  return { exchange, received: await mustHaveReached(edge, exchange) };
}

/**
 * Those of the requests that get through: whether each one should is another requirement's affair.
 *
 * @throws {CheckFailure} when none does, for then nothing could be judged
 */
export async function thoseThatReach<Request extends EdgeRequest>(
  edge: Edge,
  requests: readonly Request[],
): Promise<{ request: Request; exchange: Exchange; received: Received }[]> {
  const answered = await Promise.all(
    requests.map(async (request) => {
      const exchange = await edge.send(request);
      const received = edge.received(exchange);
      return received === undefined ? [] : [{ request, exchange, received }];
    }),
  );
  const reached = answered.flat();
  if (reached.length === 0) throw new CheckFailure({ summary: `none of ${requests.length} requests gets through` });
  return reached;
}

/** {@link mustReach} for a request that was sent already. */
export async function mustHaveReached(edge: Edge, exchange: Exchange): Promise<Received> {
  const received = edge.received(exchange);
  if (received !== undefined) return received;
  const { router, status } = await edge.routing(exchange);
  const location = locationOf(edge.deployment, router);
  throw new CheckFailure({
    summary: `${exchange.request.method} ${exchange.request.url} does not get through`,
    evidence: exchangeEvidence(exchange),

    cause:
      router === undefined
        ? `no router matches this request (Traefik answered ${status}): look at the rules of the routers for this host`
        : `the router ${router} took it and answered ${status}`,
    ...(location === undefined ? {} : { location }),
  });
}

/**
 * The request is refused by Traefik and never handed to the target: by what came back and by Traefik's own log.
 *
 * @throws {CheckFailure} naming the router that let it through
 */
export async function mustRefuse(edge: Edge, request: EdgeRequest): Promise<Exchange> {
  const exchange = await edge.send(request);
  await mustHaveRefused(edge, exchange);
  return exchange;
}

/**
 * The same for a request that was sent already.
 *
 * @param options.malformed Traefik answers what is no HTTP before it logs: then its answer alone counts
 */
export async function mustHaveRefused(
  edge: Edge,
  exchange: Exchange,
  options: { malformed?: boolean } = {},
): Promise<void> {
  const reached = edge.received(exchange) !== undefined;
  if (options.malformed && !reached && (exchange.response?.status ?? 0) >= 400) return;
  const { router, server } = await edge.routing(exchange);
  if (!reached && server === undefined && exchange.response !== undefined) return;
  const location = locationOf(edge.deployment, router);
  throw new CheckFailure({
    summary: `${exchange.request.method} ${exchange.request.url} gets through to LiteLLM`,
    evidence: exchangeEvidence(exchange),

    cause: exchange.response === undefined ? "Traefik gave no answer" : `the rule of router ${router} matches it`,
    ...(location === undefined ? {} : { location }),
  });
}
