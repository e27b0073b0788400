import { type Matcher, positiveMatchers } from "../../helpers/deployment/traefik/rules/matchers.ts";
import { RuleError } from "../../helpers/deployment/traefik/rules/rule.ts";
import { parseLiveRule } from "../../helpers/deployment/traefik/rules/rule-of-version-two.ts";
import type { Policy } from "../../helpers/deployment/types.ts";

/** A service of Traefik's live configuration. */
export interface LiveService {
  /** URLs of its servers. */
  servers: readonly string[];
  /** Its servers transport, as written; undefined for Traefik's own. */
  transport: string | undefined;
}

/** The services of `/api/rawdata` by their live names. */
export function liveServices(rawData: string): Map<string, LiveService> {
  const { services = {} } = JSON.parse(rawData) as {
    services?: Record<string, { loadBalancer?: { servers?: { url?: string }[]; serversTransport?: string } }>;
  };
  return new Map(
    Object.entries(services).map(([name, { loadBalancer }]) => [
      name,
      {
        servers: (loadBalancer?.servers ?? []).flatMap(({ url }) => url ?? []),
        transport: loadBalancer?.serversTransport,
      },
    ]),
  );
}

/** A middleware of Traefik's live configuration. */
interface LiveMiddleware {
  /** E.g. `litellm-status-key@docker`. */
  name: string;
  /** In lower case, e.g. `headers` or `buffering`. */
  kind: string;
  /** What it adds to requests, as configured. */
  requestHeaders: Readonly<Record<string, string>>;
}

/** The middlewares of `/api/rawdata`. */
export function liveMiddlewares(rawData: string): {
  /** A middleware that a router or a chain names, with a chain replaced by its members. */
  resolve(name: string, owner: string): LiveMiddleware[];
} {
  const { middlewares = {} } = JSON.parse(rawData) as {
    middlewares?: Record<
      string,
      { headers?: { customRequestHeaders?: Record<string, string> }; chain?: { middlewares?: string[] } }
    >;
  };
  const resolve = (written: string, owner: string, seen: readonly string[]): LiveMiddleware[] => {
    const name = withProvider(written, owner);
    const found = middlewares[name];
    if (found === undefined || seen.includes(name)) return [];
    const members = found.chain?.middlewares ?? [];
    return [
      { name, kind: kindOf(found), requestHeaders: found.headers?.customRequestHeaders ?? {} },
      ...members.flatMap((member) => resolve(member, name, [...seen, name])),
    ];
  };
  return { resolve: (name, owner) => resolve(name, owner, []) };
}

/** Traefik gives a middleware under its kind, next to its state. */
function kindOf(middleware: object): string {
  const state = ["error", "status", "usedBy", "name", "provider"];
  return (
    Object.keys(middleware)
      .find((key) => !state.includes(key))
      ?.toLowerCase() ?? ""
  );
}

/** A name without a provider is one of its owner's: `rate` in `api@file` is `rate@file`. */
export function withProvider(name: string, owner: string): string {
  return name.includes("@") ? name : `${name}${/@.*$/.exec(owner)?.[0] ?? ""}`;
}

/** The matchers of a live rule, negated ones left out; none for a rule that version 3 has no equal of. */
export function matchersOf(rule: string): Matcher[] {
  try {
    return positiveMatchers(parseLiveRule(rule));
  } catch (error) {
    if (error instanceof RuleError) return [];
    throw error;
  }
}

/** Whether a rule names hosts, and none of the policy's. */
export function namesOtherHosts(rule: string, { hosts }: Policy): boolean {
  const matchers = matchersOf(rule);
  if (matchers.some(({ name }) => name === "HostRegexp")) return false;
  const named = matchers.filter(({ name }) => name === "Host").flatMap(({ args }) => args);
  return named.length > 0 && !named.some((name) => hosts.some((host) => host.name === name.toLowerCase()));
}
