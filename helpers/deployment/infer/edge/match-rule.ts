import { re2 } from "../../traefik/rules/re2.ts";
import type { MatcherName, Rule } from "../../traefik/rules/rule.ts";
import type { EdgeRouter, Probe } from "./edge-view.ts";
import { hasAddress, runAddresses } from "./run-clients.ts";

/** The credential of a probe that has one. */
export const probeCredential = "Bearer sk-asked-by-init-0000000000";

/**
 * The router that takes a request: of those on its entry point whose rule matches, the one with the highest priority.
 * A request carries nothing but host, path, method and, with a credential, `Authorization`.
 */
export function routerFor(routers: readonly EdgeRouter[], probe: Probe): EdgeRouter | undefined {
  return routers
    .filter((router) => router.entryPoints.includes(probe.entryPoint) && matchesRun(router.rule, probe))
    .toSorted((a, b) => b.priority - a.priority)[0];
}

/** Whether a rule matches a request of every client that a run may have. */
function matchesRun(rule: Rule, probe: Probe): boolean {
  return runAddresses.every((client) => matches(rule, { ...probe, client }));
}

/** A request, and the address that it comes from. */
interface ClientProbe extends Probe {
  client: string;
}

function matches(rule: Rule, probe: ClientProbe): boolean {
  switch (rule.kind) {
    case "not":
      return !matches(rule.rule, probe);
    case "and":
      return matches(rule.left, probe) && matches(rule.right, probe);
    case "or":
      return matches(rule.left, probe) || matches(rule.right, probe);
    case "matcher":
      return matchers[rule.name](rule.args, probe);
  }
}

const matchers: Readonly<Record<MatcherName, (args: readonly string[], probe: ClientProbe) => boolean>> = {
  Host: ([host = ""], probe) => probe.host.toLowerCase() === host.toLowerCase(),
  HostRegexp: ([pattern = ""], { host }) => isFound(pattern, host),
  Path: ([path], probe) => probe.path === path,
  PathPrefix: ([prefix = ""], { path }) => path.startsWith(prefix),
  PathRegexp: ([pattern = ""], { path }) => isFound(pattern, path),
  Method: ([method = ""], probe) => probe.method === method.toUpperCase(),
  Header: ([name = "", value], probe) => headerOf(name, probe) === value,
  HeaderRegexp: ([name = "", pattern = ""], probe) => {
    const value = headerOf(name, probe);
    return value !== undefined && isFound(pattern, value);
  },
  Query: () => false,
  QueryRegexp: () => false,
  ClientIP: ([range = ""], { client }) => hasAddress(range, client),
};

function headerOf(name: string, { hasBearer }: Probe): string | undefined {
  return name.toLowerCase() === "authorization" && hasBearer ? probeCredential : undefined;
}

function isFound(pattern: string, text: string): boolean {
  return re2(pattern).matcher(text).find();
}
