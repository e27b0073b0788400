import type { Gateway } from "../../containers/gateway.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { type Exchange, receivedText, sentText } from "../../helpers/wire/exchange.ts";
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

/** LiteLLM's own list, read live, so that a new version's new routes are covered; parameters are filled in. */
export async function liveRoutes(gateway: Gateway): Promise<Route[]> {
  const exchange = await gateway.send({ path: "/routes", bearer: gateway.masterKey });
  const listed = parse(exchange.response?.body);
  const routes = listed.flatMap(({ path, methods }) => {
    const method = ["GET", "POST", "PUT", "PATCH", "DELETE"].find((one) => methods.includes(one));
    return method === undefined ? [] : [{ method, path: path.replaceAll(/\{[^}]*\}/g, "x") }];
  });
  if (routes.length < 100) {
    throw new CheckFailure({
      what: `LiteLLM's own list of routes holds ${routes.length}`,
      sent: sentText(exchange),
      received: receivedText(exchange),
      likelyCause: "/routes answers otherwise on this version",
    });
  }
  // Mounted applications list no routes of their own: MCP is one.
  const mounted = [
    { method: "POST", path: gateway.policy.mcp.endpoint },
    { method: "GET", path: gateway.policy.mcp.stream },
  ];
  return [...new Map([...routes, ...mounted].map((route) => [`${route.method} ${route.path}`, route])).values()];
}

function parse(body: string | undefined): { path: string; methods: string[] }[] {
  try {
    const { routes = [] } = JSON.parse(body ?? "") as { routes?: { path?: string; methods?: string[] | null }[] };
    return routes.flatMap(({ path, methods }) => (path === undefined ? [] : [{ path, methods: methods ?? [] }]));
  } catch {
    return [];
  }
}

/** Past Traefik, at LiteLLM's own port: the edge would keep the anonymous request from it. */
export async function ask(gateway: Gateway, { method, path }: Route, key: string | undefined): Promise<Exchange> {
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

/** By status: the bodies of LiteLLM's public routes change from one request to the next (tasks, order of its OpenAPI). */
export function sameAnswer(one: Exchange, other: Exchange): boolean {
  return one.response !== undefined && one.response.status === other.response?.status;
}
