import type { FaultList } from "../source/fault-list.ts";
import { decide, injectedRoutesOf, matches, matchesPath, prefixOf } from "./access.ts";
import type { AccessKind, AccessRule, Policy, PolicyHost } from "./types.ts";

/** Which keys a rule may have, by who it lets through. */
const keys: Readonly<Record<AccessKind, readonly ("status" | "challenge" | "to" | "service" | "headers")[]>> = {
  anyone: ["status"],
  bearer: ["status", "challenge"],
  litellm: [],
  login: ["status", "service", "headers"],
  nobody: ["status", "challenge"],
  redirect: ["status", "to"],
};

/** Reports access rules that contradict themselves, each other, or the rest of the policy. */
export function checkAccess(policy: Policy, faults: FaultList): void {
  for (const host of policy.hosts) {
    for (const rule of host.access ?? []) {
      checkKeys(host, rule, faults);
      checkPatterns(rule, faults);
      checkOpening(policy, rule, faults);
    }
    checkShadows(host.access ?? [], faults);
    checkInjectedRoutes(policy, host, faults);
  }
  const [unused] = policy.publicPaths;
  if (unused !== undefined && policy.hosts.every(({ access }) => access !== undefined)) {
    faults.add(
      unused.location,
      "'public' applies to no host: each has its own 'access'",
      "remove 'public', or the 'access' of the hosts that it is meant for",
    );
  }
}

function checkKeys(host: PolicyHost, rule: AccessRule, faults: FaultList): void {
  const { who, location, service, to, statuses, challenge } = rule;
  const given = {
    status: statuses !== undefined,
    challenge: challenge !== undefined,
    to: to !== undefined,
    service: service !== undefined,
    headers: rule.headers.length > 0,
  };
  for (const key of ["status", "challenge", "to", "service", "headers"] as const) {
    if (given[key] && !keys[who].includes(key)) {
      faults.add(
        location,
        `'${key}' does not belong to a rule with 'who: ${who}'`,
        `remove it, or choose another 'who': ${ownersOf(key).join(", ")}`,
      );
    }
  }
  if (who === "login" && service === undefined)
    faults.add(location, "a login rule without a service", "add 'service:' with the compose service that judges");
  if (who === "redirect" && to === undefined)
    faults.add(location, "a redirect without 'to'", "add 'to: https', or the address that it leads to");
  if (who === "redirect" && to === "https" && host.scheme === "https")
    faults.add(
      location,
      `'${host.name}' is served by https and redirects to https: the redirect never ends`,
      "set 'scheme: http' for this entry point, or another 'to'",
    );
  const wrong = statuses?.find((status) => !isStatusOf(who, status));
  if (wrong !== undefined)
    faults.add(location, `${wrong} is not an answer of a rule with 'who: ${who}'`, `write ${exampleOf(who)}`);
  if (challenge !== undefined && statuses !== undefined && !statuses.includes(401))
    faults.add(location, "a challenge belongs to a 401", "remove 'challenge', or add 401 to 'status'");
}

function ownersOf(key: (typeof keys)[AccessKind][number]): AccessKind[] {
  return (["anyone", "bearer", "litellm", "login", "nobody", "redirect"] as const).filter((who) =>
    keys[who].includes(key),
  );
}

function isStatusOf(who: AccessKind, status: number): boolean {
  switch (who) {
    case "anyone":
    case "litellm":
    // Traefik's own services answer some paths: `api@internal`, `ping@internal`.
    case "nobody":
      return true;
    case "login":
      return status >= 300;
    case "redirect":
      return status >= 300 && status < 400;
    case "bearer":
      return status >= 400;
  }
}

function exampleOf(who: AccessKind): string {
  if (who === "redirect") return "301, 302, 303, 307 or 308";
  return who === "login" ? "401 or 302" : "401, 403 or 404";
}

function checkPatterns({ paths = [], location }: AccessRule, faults: FaultList): void {
  for (const pattern of paths) {
    const path = prefixOf(pattern) ?? pattern;
    if (/[?#]/.test(path))
      faults.add(location, `the path '${pattern}' contains a query or a fragment`, "write the path only");
    else if (path.includes("%"))
      faults.add(
        location,
        `the path '${pattern}' contains an encoded character`,
        "write the character itself: the checks try the encodings",
      );
    else if (/[*{}\s\\]/.test(path))
      faults.add(
        location,
        `the path '${pattern}' contains a pattern or a space`,
        "write one path, or '/path/**' for every path below it",
      );
    else if (/\/\/|\/\.{1,2}(?:\/|$)/.test(path))
      faults.add(
        location,
        `the path '${pattern}' contains an empty or a dot segment`,
        "write the path that LiteLLM receives",
      );
  }
}

/** What opens MCP, or everything, to anyone is never meant: LiteLLM judges there. */
function checkOpening({ mcp }: Policy, rule: AccessRule, faults: FaultList): void {
  if (rule.who !== "anyone") return;
  const opened = ["GET", "POST"].filter((method) =>
    [mcp.endpoint, mcp.stream].some((path) => matches(rule, { method, path })),
  );
  if (opened.length === 0) return;
  faults.add(
    rule.location,
    rule.paths === undefined
      ? `'who: anyone' without 'paths' makes everything public for ${opened.join(" and ")}`
      : `'who: anyone' opens MCP to everyone for ${opened.join(" and ")}`,
    "name the public paths, or write 'who: litellm' where LiteLLM asks for the key",
  );
}

/** A rule, or one of its paths, that an earlier rule takes completely. */
function checkShadows(rules: readonly AccessRule[], faults: FaultList): void {
  for (const [index, rule] of rules.entries()) {
    const earlier = rules.slice(0, index);
    if (rule.paths === undefined) {
      const before = earlier.find((one) => coversMethods(one, rule) && coversEverything(one));
      if (before !== undefined) reportShadow("the rule", rule, before, faults);
      continue;
    }
    for (const pattern of rule.paths) {
      const before = earlier.find((one) => coversMethods(one, rule) && coversPattern(one, pattern));
      if (before !== undefined) reportShadow(`'${pattern}'`, rule, before, faults);
    }
  }
}

function reportShadow(what: string, { location }: AccessRule, before: AccessRule, faults: FaultList): void {
  faults.add(
    location,
    `${what} never applies: the rule in line ${before.location.line} ('who: ${before.who}') matches first`,
    "put the narrower rule first, or remove one of the two",
  );
}

function coversMethods(one: AccessRule, other: AccessRule): boolean {
  const { methods } = one;
  return methods === undefined || (other.methods ?? ["any other"]).every((method) => methods.includes(method));
}

function coversEverything({ paths }: AccessRule): boolean {
  return paths === undefined || paths.includes("/**");
}

function coversPattern({ paths }: AccessRule, pattern: string): boolean {
  if (paths === undefined) return true;
  const prefix = prefixOf(pattern);
  // One path does not cover what is below it.
  const candidates = prefix === undefined ? paths : paths.filter((one) => prefixOf(one) !== undefined);
  return candidates.some((one) => matchesPath(one, prefix ?? pattern));
}

function checkInjectedRoutes(policy: Policy, host: PolicyHost, faults: FaultList): void {
  if (host.access === undefined) return;
  for (const route of injectedRoutesOf(policy, host)) {
    const without = { ...policy, injectedRoutes: [] };
    const method = route.methods[0] ?? "GET";
    const decision = decide(without, host, { method, path: route.path });
    if (decision.who !== "anyone") continue;
    faults.add(
      route.location,
      `the injected route '${route.path}' is open to anyone on '${host.name}' (line ${decision.location.line})`,
      "remove one of the two: the policy would not decide which one applies",
    );
  }
}
