import pLimit from "p-limit";
import type { Gateway } from "../../containers/gateway.ts";
import { forEachCase } from "../../helpers/cases.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import type { Place } from "../../helpers/deployment/types.ts";
import { type Exchange, receivedText, sentText } from "../../helpers/wire/exchange.ts";
import { conformance } from "../conformance.ts";
import { keyStanding } from "./poll-diagnosis.ts";

/** One route of LiteLLM's own list, with a method that it takes. */
interface Route {
  method: string;
  path: string;
}

/** LiteLLM answers in its one process: more at once would wait there. */
const atOnce = 8;

conformance(
  ["INJ-04"],
  "with the injected key in hand, every other route of LiteLLM's own list refuses",
  async ({ gateway, evidence }) => {
    for (const route of gateway.policy.injectedRoutes) {
      const { key, place } = injectedKey(gateway) ?? { key: gateway.secret(route.secret), place: route.place };
      if (key === gateway.masterKey) {
        throw new CheckFailure({
          what: "the injected key is the master key: every route is open to whoever holds it",
          likelyCause: "labels and Traefik's API show it, and each anonymous caller of the injected route uses it",
          place,
        });
      }
      const routes = (await liveRoutes(gateway)).filter(({ path }) => path !== route.path);
      const limit = pLimit(atOnce);
      const answers: Record<string, number> = {};
      await forEachCase(
        "a route refuses the injected key",
        routes,
        ({ method, path }) => `${method} ${path}`,
        async (one) => {
          const keyed = await limit(() => ask(gateway, one, key));
          const status = keyed.response?.status ?? 0;
          answers[status] = (answers[status] ?? 0) + 1;
          if (isRefusal(keyed)) return;
          // What anybody gets without a key is no right of the key's; LiteLLM's MCP answers 500 to both on some versions.
          const anonymous = await limit(() => ask(gateway, one, undefined));
          if (sameAnswer(anonymous, keyed)) return;
          throw new CheckFailure({
            what: `the injected key gets ${status} where a caller without a key gets ${anonymous.response?.status}`,
            sent: sentText(keyed),
            received: receivedText(keyed),
            likelyCause: "the key's scope holds more than its own route",
            place,
          });
        },
      );
      const counted = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
      evidence.finding(
        `A scoped key can take the master key's place for ${route.path}: with ${route.secret} in hand, ${routes.length} other routes ` +
          `of LiteLLM's own list were tried and none gave more than it gives to anybody (${counted.join(", ")}).`,
      );
    }
  },
);

/** The key that a label injects, whichever it is: the one that an anonymous caller has in hand. */
function injectedKey({ deployment }: Gateway): { key: string; place: Place } | undefined {
  for (const [label, { value, place }] of deployment.litellm.labels) {
    const key = /^Bearer +(\S+)$/i.exec(value)?.[1];
    if (key !== undefined && /\.headers\.customrequestheaders\.authorization$/i.test(label)) return { key, place };
  }
  return undefined;
}

/** 400 'No connected db.' is how LiteLLM refuses a key that it could only look up. */
function isRefusal({ response }: Exchange): boolean {
  return (
    response?.status === 401 ||
    response?.status === 403 ||
    keyStanding(response?.status, response?.body ?? "") === "no-database"
  );
}

/** LiteLLM's own list, read live, so that a new version's new routes are covered; parameters are filled in. */
async function liveRoutes(gateway: Gateway): Promise<Route[]> {
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
async function ask(gateway: Gateway, { method, path }: Route, key: string | undefined): Promise<Exchange> {
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
function sameAnswer(one: Exchange, other: Exchange): boolean {
  return one.response !== undefined && one.response.status === other.response?.status;
}
