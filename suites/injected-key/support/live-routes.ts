import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { unknownKey } from "../../../helpers/deployment/canaries.ts";
import { type Exchange, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { keyStanding } from "./poll-diagnosis.ts";

/** One route of LiteLLM's own list, with a method that it takes. */
export interface Route {
  method: string;
  path: string;
}

/** LiteLLM answers in its one process: more at once would wait there. */
export const atOnce = 8;

/** 400 'No connected db.' is how LiteLLM refuses a key that it could only look up. */
export function isRefusal({ response }: Exchange): boolean {
  return (
    response?.status === 401 ||
    response?.status === 403 ||
    keyStanding(response?.status, response?.body ?? "") === "no-database"
  );
}

/** Fewer are not all: 1.77.1 has some four hundred. */
const fewest = 100;

/**
 * LiteLLM's own list, read live, so that a new version's new routes are covered; parameters are filled in. 1.106.2 mounts
 * its routers late and lists two dozen at `/routes`; its OpenAPI document, which costs 1.77.1 seconds to write, has them all.
 *
 * @throws {CheckFailure} when neither names enough of them
 */
export async function liveRoutes(gateway: GatewayTarget): Promise<Route[]> {
  const list = await gateway.send({ path: "/routes", bearer: gateway.masterKey });
  let [routes, exchange] = [routesIn(listed(list.response?.body)), list];
  if (routes.length < fewest) {
    const deadline = deadlines.mcpRequest;
    exchange = await gateway.send({ path: "/openapi.json", bearer: gateway.masterKey, deadline });
    routes = [...routes, ...routesIn(documented(exchange.response?.body))];
  }
  if (routes.length < fewest) {
    throw new CheckFailure({
      summary: `LiteLLM's own lists of routes hold ${routes.length}`,
      evidence: exchangeEvidence(exchange),

      cause: "/routes and /openapi.json answer otherwise on this version",
    });
  }
  // Mounted applications list no routes of their own: MCP is one.
  const mounted = [
    { method: "POST", path: gateway.policy.mcp.endpoint },
    { method: "GET", path: gateway.policy.mcp.stream },
  ];
  return [...new Map([...routes, ...mounted].map((route) => [`${route.method} ${route.path}`, route])).values()];
}

interface Listed {
  path: string;
  methods: readonly string[];
}

function routesIn(entries: readonly Listed[]): Route[] {
  return entries.flatMap(({ path, methods }) => {
    const method = ["GET", "POST", "PUT", "PATCH", "DELETE"].find((one) => methods.includes(one));
    return method === undefined ? [] : [{ method, path: path.replaceAll(/\{[^}]*\}/g, "x") }];
  });
}

function listed(body: string | undefined): Listed[] {
  const { routes = [] } = (jsonOf(body) ?? {}) as { routes?: { path?: string; methods?: string[] | null }[] };
  return routes.flatMap(({ path, methods }) => (path === undefined ? [] : [{ path, methods: methods ?? [] }]));
}

/** Each operation of an OpenAPI document by itself. */
function documented(body: string | undefined): Listed[] {
  const { paths = {} } = (jsonOf(body) ?? {}) as { paths?: Record<string, object> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ path, methods: [method.toUpperCase()] })),
  );
}

/** Past Traefik, at LiteLLM's own port: the edge would keep the anonymous request from it. */
export async function ask(gateway: GatewayTarget, { method, path }: Route, key: string | undefined): Promise<Exchange> {
  return await gateway.wire.send({
    url: gateway.directUrl(path),
    method,
    headers: [
      ["Accept", "application/json, text/event-stream"],
      ...(key === undefined ? [] : [["Authorization", `Bearer ${key}`] as const]),
      ...(method === "GET" ? [] : [["Content-Type", "application/json"] as const]),
    ],
    ...(method === "GET" ? {} : { body: "{}" }),
  });
}

/**
 * What a caller without a key gets, where the answer to a key is none that anybody gets: without a key, or with one that
 * nobody has (some routes of 1.106.2 are content with any for the first step).
 */
export async function lessWithoutKey(
  gateway: GatewayTarget,
  route: Route,
  keyed: Exchange,
): Promise<Exchange | undefined> {
  const anonymous = await ask(gateway, route, undefined);
  if (sameAnswer(anonymous, keyed) || sameAnswer(await ask(gateway, route, unknownKey), keyed)) return undefined;
  return anonymous;
}

/** By status: the bodies of LiteLLM's public routes change from one request to the next (tasks, order of its OpenAPI). */
export function sameAnswer(one: Exchange, other: Exchange): boolean {
  return one.response !== undefined && one.response.status === other.response?.status;
}
