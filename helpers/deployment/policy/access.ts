import type { SourceLocation } from "../source/location.ts";
import type { AccessRule, InjectedRoute, Policy, PolicyHost } from "./types.ts";

/** A request, as far as access depends on it. */
export interface AccessRequest {
  method: string;
  /** Path, with or without a query. */
  path: string;
}

/** The answer to a request that the edge does not let through. */
export interface Refusal {
  /** Any of them; empty: any status of 400 or above. */
  statuses: readonly number[];
  /** The value of `WWW-Authenticate`; undefined where the policy demands none. */
  challenge: string | undefined;
}

/** What the policy says of a request. */
export type Decision = {
  /** The line of the policy that decides. */
  location: SourceLocation;
} & (
  | { /** Reaches LiteLLM without a credential, and LiteLLM answers it. */ who: "anyone"; rule: AccessRule }
  | { /** Reaches LiteLLM with or without a credential, and LiteLLM judges. */ who: "litellm"; rule: AccessRule }
  | { /** Reaches LiteLLM with the key that Traefik adds. */ who: "injected"; route: InjectedRoute }
  | { /** Reaches LiteLLM with a Bearer credential only. */ who: "bearer"; refusal: Refusal; rule: AccessRule }
  | { /** Reaches LiteLLM with a session only. */ who: "login"; refusal: Refusal; rule: AccessRule }
  | { /** Never reaches LiteLLM; without a rule: no rule of the host matches. */ who: "nobody"; refusal: Refusal }
  | { /** Never reaches LiteLLM. */ who: "redirect"; statuses: readonly number[]; to: string; rule: AccessRule }
);

/** Who decides. */
export type DecidedBy = Decision["who"];

/** Statuses of a redirect (RFC 9110 §15.4). */
const redirections = [301, 302, 303, 307, 308] as const;

/** How a forward-auth service sends a caller without a session away. */
const loginRefusals = [401, 302, 303] as const;

/**
 * The rules of a host in their order. A host without `access` is split: the policy's public paths are open, everything
 * else needs a Bearer credential.
 */
export function accessRules({ publicPaths, refusal }: Policy, { access }: PolicyHost): readonly AccessRule[] {
  if (access !== undefined) return access;
  const every = { methods: undefined, to: undefined, service: undefined, headers: [] };
  return [
    ...publicPaths.map(
      ({ path, below, statuses, why, location }): AccessRule => ({
        ...every,
        who: "anyone",
        paths: below ? [path, `${path.replace(/\/$/, "")}/**`] : [path],
        statuses,
        challenge: undefined,
        why,
        location,
      }),
    ),
    {
      ...every,
      who: "bearer",
      paths: undefined,
      statuses: [refusal.status],
      challenge: refusal.challenge,
      why: undefined,
      location: refusal.location,
    },
  ];
}

/** What the policy says of a request to a host: an injected route first, then the first rule that matches. */
export function decide(policy: Policy, host: PolicyHost, request: AccessRequest): Decision {
  const path = barePath(request.path);
  const route = injectedRoutesOf(policy, host).find((one) => one.path === path && one.methods.includes(request.method));
  if (route !== undefined) return { who: "injected", route, location: route.location };
  const rule = accessRules(policy, host).find((one) => matches(one, { method: request.method, path }));
  // As for a firewall: what no rule allows is refused.
  if (rule === undefined)
    return { who: "nobody", refusal: { statuses: [], challenge: undefined }, location: host.location };
  const { location, statuses } = rule;
  switch (rule.who) {
    case "anyone":
    case "litellm":
      return { who: rule.who, rule, location };
    case "bearer":
      return { who: "bearer", rule, location, refusal: bearerRefusal(policy, rule) };
    case "login":
      return {
        who: "login",
        rule,
        location,
        refusal: { statuses: statuses ?? loginRefusals, challenge: rule.challenge },
      };
    case "nobody":
      return { who: "nobody", location, refusal: { statuses: statuses ?? [403], challenge: rule.challenge } };
    case "redirect":
      return { who: "redirect", rule, location, to: rule.to ?? "https", statuses: statuses ?? redirections };
  }
}

/** The refusal of a rule that demands a Bearer credential; the policy's own where the rule gives none. */
export function bearerRefusal({ refusal }: Policy, { statuses, challenge }: AccessRule): Refusal {
  if (statuses === undefined) return { statuses: [refusal.status], challenge: challenge ?? refusal.challenge };
  return { statuses, challenge: challenge ?? (statuses.includes(401) ? refusal.challenge : undefined) };
}

/** Whether a request may be a preflight that `cors` of its host allows: then ROUTE-25 judges it, whatever `access` says. */
export function isPreflight({ cors }: PolicyHost, { method, path }: AccessRequest): boolean {
  return method === "OPTIONS" && (cors?.paths.some((pattern) => matchesPath(pattern, barePath(path))) ?? false);
}

/** The routes on which Traefik adds a key for a host. */
export function injectedRoutesOf(policy: Policy, host: PolicyHost): readonly InjectedRoute[] {
  if (onlyRedirects(policy, host)) return [];
  return policy.injectedRoutes.filter(({ hosts }) => hosts.includes(host.name));
}

/** Whether a host answers with redirects and with nothing else. */
export function onlyRedirects(policy: Policy, host: PolicyHost): boolean {
  return accessRules(policy, host).every(({ who }) => who === "redirect" || who === "nobody");
}

/**
 * The host by which the LAN and Traefik's network know the gateway: an internal one that serves, or the first that serves.
 * Undefined where the policy names no host.
 */
export function internalHostOf(policy: Policy): PolicyHost | undefined {
  const serving = policy.hosts.filter((host) => !onlyRedirects(policy, host));
  return serving.find(({ zone }) => zone === "internal") ?? serving[0] ?? policy.hosts[0];
}

/**
 * The host by which an agent on the LAN uses the gateway: the first that lets requests to models and to MCP through with a key, of the
 * internal hosts, or of all hosts where no internal one serves. Undefined where there is none.
 */
export function agentHostOf(policy: Policy): PolicyHost | undefined {
  const serving = policy.hosts.filter((host) => !onlyRedirects(policy, host));
  const internal = serving.filter(({ zone }) => zone === "internal");
  return (internal.length > 0 ? internal : serving).find((host) =>
    agentPaths(policy.mcp.endpoint).every((path) => {
      const { who } = decide(policy, host, { method: "POST", path });
      return who === "anyone" || who === "litellm" || who === "bearer";
    }),
  );
}

/** What an agent posts to. */
export function agentPaths(endpoint: string): readonly string[] {
  return ["/v1/responses", endpoint];
}

/** Whether a request that is decided so reaches LiteLLM without a credential of the caller. */
export function isOpen({ who }: Decision): boolean {
  return who === "anyone" || who === "litellm" || who === "injected";
}

/** Whether a rule of `access` applies to a request; the path without a query. */
export function matches({ paths, methods }: Pick<AccessRule, "paths" | "methods">, request: AccessRequest): boolean {
  if (methods !== undefined && !methods.includes(request.method)) return false;
  return paths === undefined || paths.some((pattern) => matchesPath(pattern, request.path));
}

/** Whether a path is one that a pattern names: `/ui` is that path alone, `/ui/**` every path below it. */
export function matchesPath(pattern: string, path: string): boolean {
  const below = prefixOf(pattern);
  return below === undefined ? path === pattern : path.startsWith(below);
}

/** The prefix of every path that a pattern such as `/ui/**` names: `/ui/`; undefined for a pattern that names one path. */
export function prefixOf(pattern: string): string | undefined {
  return pattern.endsWith("/**") ? pattern.slice(0, -2) : undefined;
}

/** A path without query and fragment. */
export function barePath(target: string): string {
  return target.replace(/[?#].*$/s, "");
}
