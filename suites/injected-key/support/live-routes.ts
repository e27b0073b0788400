import { z } from "zod";
import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { unknownKey } from "../../../helpers/deployment/source/canaries.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { keyStatus } from "./key-status.ts";

/** One route of LiteLLM's own list, with a method that it accepts. */
export interface Route {
  method: string;
  path: string;
}

/** Requests that are sent at the same time. LiteLLM answers in one process: more would only wait there. */
export const concurrency = 8;

/** Fewer routes are an incomplete list: 1.77.1 has about four hundred. */
const fewestRoutes = 100;

/**
 * LiteLLM's own list of routes, read live, so that a new version's new routes are covered; parameters are filled in.
 * 1.106.2 mounts its routers late and lists only two dozen at `/routes`; its OpenAPI document, which takes 1.77.1 seconds
 * to write, lists all of them.
 *
 * @throws {CheckFailure} when neither list has enough routes
 */
export async function liveRoutes(gateway: GatewayTarget): Promise<Route[]> {
  const list = await gateway.send({ path: "/routes", bearer: gateway.masterKey });
  let [routes, exchange] = [routesIn(listed(list.response?.body)), list];
  if (routes.length < fewestRoutes) {
    const deadline = deadlines.mcpRequest;
    exchange = await gateway.send({ path: "/openapi.json", bearer: gateway.masterKey, deadline });
    routes = [...routes, ...routesIn(documented(exchange.response?.body))];
  }
  if (routes.length < fewestRoutes) {
    throw new CheckFailure({
      summary: "LiteLLM's own lists of routes are incomplete",
      code: "too-few-routes",
      expected: `at least ${fewestRoutes} routes in /routes or /openapi.json`,
      actual: `${routes.length} routes`,
      evidence: exchangeEvidence(exchange),
      cause: "/routes and /openapi.json have another format in this version, or refuse the master key",
      location: gateway.deployment.litellm.location,
    });
  }
  // Mounted applications, such as MCP, do not list their routes.
  const mounted = [
    { method: "POST", path: gateway.policy.mcp.endpoint },
    { method: "GET", path: gateway.policy.mcp.stream },
  ];
  return [...new Map([...routes, ...mounted].map((route) => [`${route.method} ${route.path}`, route])).values()];
}

/** Sends a request to LiteLLM's own port: Traefik would refuse the anonymous one. */
export async function sendPastTraefik(
  gateway: GatewayWith<"litellm-port">,
  { method, path }: Route,
  key: string | undefined,
): Promise<Exchange> {
  return await gateway.http.send({
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
 * Whether LiteLLM refuses a key. It answers 400 'No connected db.' to a key that it could only look up in a database, and 400
 * with the type `auth_error` where its authentication refuses a request for what is in its body.
 */
export function isRefusal({ response }: Exchange): boolean {
  return (
    response?.status === 401 ||
    response?.status === 403 ||
    keyStatus(response?.status, response?.body ?? "") === "no-database" ||
    (response?.status === 400 && authError.safeParse(jsonOf(response.body)).success)
  );
}

/** The body of an error that LiteLLM's authentication raised (litellm/proxy/_types.py, `ProxyErrorTypes.auth_error`). */
const authError = z.object({ error: z.object({ type: z.literal("auth_error") }) });

/**
 * Compares what a key gets with what any caller gets: one without a key, or one with an unknown key (some routes of 1.106.2
 * accept any key at first).
 *
 * @param keyed the answer to the key
 * @returns the answer without a key where the key gets another one; undefined where any caller gets the same
 */
export async function differentAnswerWithoutKey(
  gateway: GatewayWith<"litellm-port">,
  route: Route,
  keyed: Exchange,
): Promise<Exchange | undefined> {
  const anonymous = await sendPastTraefik(gateway, route, undefined);
  if (isSameAnswer(anonymous, keyed)) return undefined;
  if (isSameAnswer(await sendPastTraefik(gateway, route, unknownKey), keyed)) return undefined;
  return anonymous;
}

/** Compares statuses: the bodies of LiteLLM's public routes change between requests (tasks, order of its OpenAPI). */
export function isSameAnswer(one: Exchange, other: Exchange): boolean {
  return one.response !== undefined && one.response.status === other.response?.status;
}

interface ListedRoute {
  path: string;
  methods: readonly string[];
}

function routesIn(entries: readonly ListedRoute[]): Route[] {
  return entries.flatMap(({ path, methods }) => {
    const method = ["GET", "POST", "PUT", "PATCH", "DELETE"].find((one) => methods.includes(one));
    return method === undefined ? [] : [{ method, path: path.replaceAll(/\{[^}]*\}/g, "x") }];
  });
}

/** The routes of `/routes`. */
function listed(body: string | undefined): ListedRoute[] {
  const { routes = [] } = (jsonOf(body) ?? {}) as { routes?: { path?: string; methods?: string[] | null }[] };
  return routes.flatMap(({ path, methods }) => (path === undefined ? [] : [{ path, methods: methods ?? [] }]));
}

/** The routes of an OpenAPI document, one for each operation. */
function documented(body: string | undefined): ListedRoute[] {
  const { paths = {} } = (jsonOf(body) ?? {}) as { paths?: Record<string, object> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ path, methods: [method.toUpperCase()] })),
  );
}
