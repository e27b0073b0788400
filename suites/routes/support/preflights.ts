import { matchesPath, prefixOf } from "../../../helpers/deployment/policy/access.ts";
import type { CorsRule, Policy, PolicyHost } from "../../../helpers/deployment/types.ts";
import { type Exchange, type HeaderLines, header } from "../../../helpers/protocol/exchange.ts";

/** An origin that no policy names. */
export const foreignOrigin = "https://foreign-page.example";

/** The headers of MCP clients in a browser that a preflight asks for. */
const askedHeaders = ["authorization", "content-type", "mcp-protocol-version"];

/** What a browser sends before a page's POST with a key (Fetch, CORS-preflight fetch). */
export function preflightHeaders(origin: string): HeaderLines {
  return [
    ["Origin", origin],
    ["Access-Control-Request-Method", "POST"],
    ["Access-Control-Request-Headers", askedHeaders.join(",")],
  ];
}

/** A preflight that the policy allows. */
export interface AllowedPreflight {
  host: PolicyHost;
  path: string;
  origin: string;
  rule: CorsRule;
}

/** Every path and origin that `cors` of a host names. */
export function allowedPreflights({ hosts }: Policy): AllowedPreflight[] {
  return hosts.flatMap((host) => {
    const { cors } = host;
    if (cors === undefined) return [];
    const paths = cors.paths.map((pattern) => {
      const below = prefixOf(pattern);
      return below === undefined ? pattern : `${below}below`;
    });
    return paths.flatMap((path) => cors.origins.map((origin) => ({ host, path, origin, rule: cors })));
  });
}

/** Whether `cors` of a host names a path. */
export function allowsPages({ cors }: PolicyHost, path: string): boolean {
  return cors?.paths.some((pattern) => matchesPath(pattern, path)) ?? false;
}

/** What of an answer keeps a browser from sending the page's request; undefined where nothing does. */
export function preflightFault({ response }: Exchange, origin: string): string | undefined {
  if (response === undefined) return "no answer";
  if (response.status < 200 || response.status > 299) return `status ${response.status}`;
  const list = (name: string): string[] =>
    (header(response.headers, name) ?? "").split(",").map((one) => one.trim().toLowerCase());
  const [allowed] = list("access-control-allow-origin");
  if (allowed !== "*" && allowed !== origin.toLowerCase())
    return allowed === "" ? "no Access-Control-Allow-Origin" : `Access-Control-Allow-Origin: ${allowed}`;
  const methods = list("access-control-allow-methods");
  if (!methods.includes("post") && !methods.includes("*")) return `Access-Control-Allow-Methods: ${methods.join(", ")}`;
  const names = list("access-control-allow-headers");
  // `*` does not cover Authorization (Fetch, 4.10).
  const missing = askedHeaders.filter(
    (name) => !names.includes(name) && (name === "authorization" || !names.includes("*")),
  );
  return missing.length === 0 ? undefined : `Access-Control-Allow-Headers without ${missing.join(", ")}`;
}
