import {
  accessRules,
  barePath,
  type DecidedBy,
  type Decision,
  decide,
  injectedRoutesOf,
  isPreflight,
  onlyRedirects,
  prefixOf,
} from "../../helpers/deployment/policy/access.ts";
import type { AccessRule, Policy, PolicyHost } from "../../helpers/deployment/types.ts";
import { sensitivePaths } from "./private-paths.ts";

/** A request to a host, and what the policy says of it. */
export interface AccessCase<By extends DecidedBy = DecidedBy> {
  host: PolicyHost;
  path: string;
  method: string;
  decision: Extract<Decision, { who: By }>;
}

/** A path that no policy names: what a rule without paths says of it holds for everything else. */
const unnamedPath = "/gateway-conformance/any-other-path";

/**
 * The paths of a host that tell its rules apart: LiteLLM's sensitive ones, MCP's, one for each path of a rule, and one that
 * nothing names. Each rule that can match is met by at least one of them.
 */
export function pathsOf(policy: Policy, host: PolicyHost): string[] {
  const named = accessRules(policy, host).flatMap(({ paths = [] }) => paths.map(sampleOf));
  const injected = injectedRoutesOf(policy, host).map(({ path }) => path);
  const { endpoint, stream } = policy.mcp;
  return [...new Set([...sensitivePaths, endpoint, stream, ...named, ...injected, unnamedPath])];
}

/** A path that a pattern names. */
function sampleOf(pattern: string): string {
  const below = prefixOf(pattern);
  return below === undefined ? pattern : `${below}below`;
}

/**
 * The hosts of which the policy makes a claim of some kind.
 *
 * @param who who decides there
 */
export function hostsWith(policy: Policy, ...who: readonly DecidedBy[]): readonly PolicyHost[] {
  return policy.hosts.filter(
    (host) =>
      accessRules(policy, host).some((rule) => who.includes(rule.who)) ||
      (who.includes("injected") && injectedRoutesOf(policy, host).length > 0) ||
      (who.includes("nobody") && decide(policy, host, { method: "GET", path: unnamedPath }).who === "nobody"),
  );
}

/** The hosts that let at least some requests through to LiteLLM. */
export function servingHosts(policy: Policy): readonly PolicyHost[] {
  return policy.hosts.filter((host) => !onlyRedirects(policy, host));
}

/** Requests to every host, by who decides; empty where no host makes such a claim. */
export function casesFor<By extends DecidedBy>(
  policy: Policy,
  who: readonly By[],
  { methods = ["GET"], paths = pathsOf }: { methods?: readonly string[]; paths?: typeof pathsOf } = {},
): AccessCase<By>[] {
  const wanted = (decision: Decision): decision is Extract<Decision, { who: By }> =>
    who.some((one) => one === decision.who);
  return policy.hosts.flatMap((host) =>
    paths(policy, host).flatMap((path) =>
      methods.flatMap((method) => {
        if (isPreflight(host, { method, path })) return [];
        const decision = decide(policy, host, { method, path });
        // Other methods of an injected route are the subject of INJ-02.
        const isInjected = injectedRoutesOf(policy, host).some((route) => route.path === barePath(path));
        if (isInjected && decision.who !== "injected") return [];
        return wanted(decision) ? [{ host, path, method, decision }] : [];
      }),
    ),
  );
}

/**
 * One path of each host, for checks that need any one: LiteLLM's list of models where it will do.
 *
 * @param who who may decide there
 */
export function onePathOf<By extends DecidedBy>(
  policy: Policy,
  who: readonly By[],
  method = "GET",
): { host: PolicyHost; path: string; decision: Extract<Decision, { who: By }> }[] {
  const cases = casesFor(policy, who, { methods: [method] });
  return policy.hosts.flatMap((host) => cases.find((one) => one.host === host) ?? []);
}

/** A host as a failure names it: with its scheme where the policy has the name twice. */
export function hostText({ hosts }: Policy, { name, scheme }: PolicyHost): string {
  return hosts.filter((one) => one.name === name).length > 1 ? `${scheme}://${name}` : name;
}

/** The rules of all hosts that let requests through without a credential, and name the paths that they do it for. */
export function openRules(policy: Policy): { host: PolicyHost; rule: AccessRule; pattern: string }[] {
  return policy.hosts.flatMap((host) =>
    accessRules(policy, host)
      .filter(({ who }) => who === "anyone" || who === "litellm")
      .flatMap((rule) => (rule.paths ?? []).map((pattern) => ({ host, rule, pattern }))),
  );
}
