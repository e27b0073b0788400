import type { SourceLocation } from "../source/location.ts";
import { causeOfMissingSource, knownCauseOf } from "./causes.ts";
import type { TraefikRouter, TraefikService } from "./dynamic/dynamic.ts";
import type { TraefikModel } from "./model.ts";
import type { Matcher } from "./rules/matchers.ts";
import type { Rule } from "./rules/rule.ts";
import { holds, type RuleRequest } from "./rules/witness.ts";

/** The router that should have taken a request, and why it did not. */
export interface MissedRouter {
  /** One sentence. */
  cause: string;
  location: SourceLocation;
  fix?: string;
  /** Whether Traefik does not have the router at all, although its rule matches: what it loads is at fault. */
  isNotLoaded?: true;
}

/** What is known of a request that did not reach its service. */
export interface MissedRequest {
  /** The router that took it, as in Traefik's API; undefined where none did. */
  taken: string | undefined;
  /** By which it came in; undefined where that is not known. */
  entryPoint: string | undefined;
  /** Default: whatever the router takes. */
  scheme?: "http" | "https" | undefined;
  /** The policy demands a credential of it: a router that asks for none was not meant for it, where others ask. */
  needsCredential?: boolean;
}

/** A router that is further away from a request was not meant for it: no router's rule is the cause then. */
const farthest = 1.5;
/** The same where another router took the request and may forward: that one may be meant for it. */
const farthestBehindForwarding = 0.6;

/**
 * The router that was meant for a request that did not reach its service: the one whose rule needs the smallest change to
 * match, of the routers that forward, those of sources that Traefik refuses or ignores included.
 *
 * @returns undefined where the router that took the request was meant for it, and where no router is near
 */
export function missedRouter(
  model: TraefikModel,
  request: RuleRequest,
  missed: MissedRequest,
): MissedRouter | undefined {
  const { taken, entryPoint, needsCredential } = missed;
  const winner = taken === undefined ? undefined : model.routerOf(taken);
  // A router with a condition on the path or a header is chosen for the request; one with the host alone takes the rest.
  if (winner?.rule !== undefined && isChosenFor(winner.rule, request)) return undefined;
  const limit = winner === undefined || isInternal(winner) ? farthest : farthestBehindForwarding;
  const forwarding = [...model.routers, ...model.droppedRouters].filter((one) => one !== winner && !isInternal(one));
  const asking = needsCredential ? forwarding.filter(asksForCredential) : [];
  const nearest = nearestOf(model, asking.length > 0 ? asking : forwarding, request, entryPoint);
  if (nearest === undefined || nearest.distance > 0) {
    const switchedOff = switchedOffFor(model, request);
    if (switchedOff !== undefined) return switchedOff;
  }
  if (nearest === undefined || nearest.distance > limit) return undefined;
  return whyMissed(model, nearest.router, winner, missed, request);
}

/**
 * A container whose labels define a router, and that has traefik.enable switched off.
 *
 * @param request that the router would take; default: any
 */
export function switchedOffFor(
  { containers }: Pick<TraefikModel, "containers">,
  request?: RuleRequest,
): MissedRouter | undefined {
  for (const { service, configuration } of containers) {
    const { enable, routers } = configuration;
    if (enable?.value !== false) continue;
    const wouldTake = ({ rule }: TraefikRouter): boolean =>
      request === undefined || (rule !== undefined && matchesRule(rule, request));
    if (!routers.some(wouldTake)) continue;
    return {
      cause: `traefik.enable of ${service.name} is not true: Traefik ignores every label of it`,
      location: enable.location,
      fix: 'write traefik.enable: "true"',
    };
  }
  return undefined;
}

/** Whether a router's rule demands a credential. */
function asksForCredential({ ruleText }: TraefikRouter): boolean {
  return /\bHeader(?:Regexp)?\(\s*["`][\w-]*authorization["`]/i.test(ruleText);
}

/** Where the port of a router's service is written, else the service itself; undefined where no file has it. */
export function serviceOf(model: TraefikModel, router: TraefikRouter): TraefikService | undefined {
  const sources = [
    ...model.containers.map(({ configuration }) => configuration),
    ...(model.files === undefined ? [] : [model.files.configuration]),
  ];
  const own = sources.find(({ routers }) => routers.includes(router));
  const name = router.service?.replace(/@.*$/, "").toLowerCase();
  const all = [...(own?.services ?? []), ...sources.flatMap(({ services }) => services)];
  return name === undefined ? own?.services[0] : all.find((service) => service.name.toLowerCase() === name);
}

/** The router whose rule needs the smallest change to match a request. */
export function nearestOf(
  model: TraefikModel,
  routers: readonly TraefikRouter[],
  request: RuleRequest,
  entryPoint: string | undefined,
): { router: TraefikRouter; distance: number } | undefined {
  return routers
    .map((router) => ({ router, distance: distanceOf(model, router, request, entryPoint) }))
    .toSorted((one, other) => one.distance - other.distance)[0];
}

/**
 * Why a router did not take a request that it is meant for.
 *
 * @param winner the router that took it; undefined where none did
 */
export function whyMissed(
  model: TraefikModel,
  router: TraefikRouter,
  winner: TraefikRouter | undefined,
  { entryPoint, scheme }: Pick<MissedRequest, "entryPoint" | "scheme">,
  request: RuleRequest,
): MissedRouter {
  const { name, options, rule } = router;
  const instead = winner === undefined ? "" : `, so that ${winner.name} takes it`;
  const matches = rule !== undefined && matchesRule(rule, request);
  const known = knownCauseOf(model, router);
  if (known !== undefined && (matches || rule === undefined)) {
    const { cause, location, fix } = known;
    return { cause, location, ...(fix === undefined ? {} : { fix }), isNotLoaded: true };
  }
  if (!isOn(model, router, entryPoint))
    return {
      cause: `the router ${name} is not on the entry point ${entryPoint}${instead}`,
      location: (options.get("entrypoints") ?? router).location,
    };
  if (router.options.get("rule") === undefined && rule === undefined)
    return { cause: `the router ${name} has no rule${instead}`, location: router.location };
  const unfinished = rule && unfinishedHost(rule, request);
  if (!matches && unfinished !== undefined)
    return {
      cause: `the router ${name} is for the host '${unfinished}': a variable in its rule has no value${instead}`,
      location: router.location,
      fix: "set the variable where Traefik or compose reads it, or correct its name in the rule",
    };
  if (!matches)
    return { cause: `the rule of the router ${name} does not match it${instead}`, location: router.location };
  const isServedByTls = router.tls || (model.static.entryPoints.get(entryPoint ?? "")?.tls ?? false);
  if (scheme === "https" && entryPoint !== undefined && !isServedByTls) {
    // Where no router of the entry point has TLS, it is the entry point that should.
    const others = model.routers.some((one) => one.tls && isOn(model, one, entryPoint));
    const address = others ? undefined : model.static.get(`entryPoints.${entryPoint}.address`);
    return {
      cause: `the router ${name} has no TLS, and neither has its entry point ${entryPoint}: it takes plain HTTP only there${instead}`,
      location: (options.get("tls") ?? address ?? options.get("entrypoints") ?? router).location,
      fix: `set tls of the router ${name}, or http.tls of the entry point`,
    };
  }
  if (scheme === "http" && isServedByTls)
    return {
      cause: `the router ${name} has TLS: it takes no plain HTTP${instead}`,
      location: ([...options].find(([key]) => /^tls(?:\.|$)/.test(key))?.[1] ?? router).location,
    };
  if (winner === undefined)
    return {
      ...(causeOfMissingSource(model) ?? {
        cause: `the rule of the router ${name} matches it, but Traefik does not have the router`,
        location: router.location,
      }),
      isNotLoaded: true,
    };
  return outranked(model, winner, router);
}

/** A router that would take a request, and that Traefik cannot use: by what is known to be wrong in the files. */
export function unusableRouter(model: TraefikModel, request: RuleRequest): MissedRouter | undefined {
  for (const router of [...model.routers, ...model.droppedRouters]) {
    const known = knownCauseOf(model, router);
    if (known === undefined || router.rule === undefined || !matchesRule(router.rule, request)) continue;
    const { cause, location, fix } = known;
    return { cause, location, ...(fix === undefined ? {} : { fix }), isNotLoaded: true };
  }
  return undefined;
}

/** Why a router takes a request that another one is meant for, where the rules of both match it. */
export function outranked(
  model: TraefikModel,
  winner: TraefikRouter,
  meant: TraefikRouter,
): { cause: string; location: SourceLocation; fix: string } {
  // What takes the rest comes last: where it comes before several others, or before all, it is the one that is wrong.
  const before = winner.rule !== undefined && isForTheRest(winner.rule) ? outrankedBy(model, winner) : [];
  if (before.length > 1)
    return {
      cause: `the router ${winner.name} takes what no other one matches, and comes before ${before.map(({ name }) => name).join(" and ")} by its priority ${winner.priority}`,
      location: (winner.options.get("priority") ?? winner).location,
      fix: "give it the lowest priority of all",
    };
  const isFirst = model.routers.every((one) => one === winner || one.priority < winner.priority);
  // Without a written priority, the rule's length is the priority: the written one is wrong.
  const isWritten = winner.options.has("priority") || !meant.options.has("priority");
  const wrong = isFirst && isWritten ? winner : meant;
  return {
    cause: `the router ${winner.name} has the priority ${winner.priority}, and ${meant.name}, which is meant for it, has ${meant.priority}`,
    location: (wrong.options.get("priority") ?? wrong).location,
    fix: `give ${meant.name} the higher priority`,
  };
}

/** The routers with a condition of their own that a router of the same hosts comes before. */
function outrankedBy(model: TraefikModel, winner: TraefikRouter): TraefikRouter[] {
  const hosts = winner.rule === undefined ? [] : hostsOf(winner.rule);
  const shares = (own: readonly string[], others: readonly string[]): boolean =>
    own.some((one) => others.includes(one));
  return model.routers.filter(
    ({ rule, priority, entryPoints }) =>
      rule !== undefined &&
      !isForTheRest(rule) &&
      priority < winner.priority &&
      shares(hostsOf(rule), hosts) &&
      (entryPoints.length === 0 || winner.entryPoints.length === 0 || shares(entryPoints, winner.entryPoints)),
  );
}

/** Whether Traefik itself answers what the router takes, e.g. `noop@internal`. */
function isInternal({ service }: TraefikRouter): boolean {
  return service?.endsWith("@internal") ?? false;
}

function isOn(model: TraefikModel, router: TraefikRouter, entryPoint: string | undefined): boolean {
  return entryPoint === undefined || model.entryPointsOf(router).includes(entryPoint);
}

/** Whether a rule has no condition on anything but hosts and addresses: it takes what no other one matches. */
export function isForTheRest(rule: Rule): boolean {
  if (rule.kind === "matcher") return !isSpecific(rule);
  return rule.kind === "not" || (isForTheRest(rule.left) && isForTheRest(rule.right));
}

/** Whether a rule names the request's path, or a header, a method or a parameter that it has. */
export function isChosenFor(rule: Rule, request: RuleRequest): boolean {
  switch (rule.kind) {
    case "matcher":
      return isSpecific(rule) && holds({ ...rule, negated: false }, request);
    case "not":
      return false;
    case "and":
    case "or":
      return isChosenFor(rule.left, request) || isChosenFor(rule.right, request);
  }
}

function isSpecific({ name, args: [first] }: Matcher): boolean {
  return !name.startsWith("Host") && name !== "ClientIP" && !(name === "PathPrefix" && first === "/");
}

function distanceOf(
  model: TraefikModel,
  router: TraefikRouter,
  request: RuleRequest,
  entryPoint: string | undefined,
): number {
  const { rule, ruleText } = router;
  if (rule === undefined && router.options.get("rule") !== undefined && ruleText.includes(request.host)) return 0;
  // A router without a rule matches nothing that a client asks for, so this one may be any router.
  const own = rule === undefined || router.options.get("rule") === undefined ? 0.3 : ruleDistance(rule, request, false);
  if (isOn(model, router, entryPoint)) return own;
  // A name that Traefik does not know is a misspelt one.
  const isKnown = router.entryPoints.some((name) => model.static.entryPoints.has(name));
  return own + (isKnown ? 0.7 : 0.02);
}

/** Whether a rule matches a request. */
export function matchesRule(rule: Rule, request: RuleRequest): boolean {
  return ruleDistance(rule, request, false) === 0;
}

/** How far a rule is from matching: 0 where it matches, about 1 for each condition that must be another one. */
function ruleDistance(rule: Rule, request: RuleRequest, negated: boolean): number {
  switch (rule.kind) {
    case "matcher":
      return holds({ ...rule, negated }, request) ? 0 : negated ? 0.3 : matcherDistance(rule, request);
    case "not":
      return ruleDistance(rule.rule, request, !negated);
    case "and":
    case "or": {
      const [left, right] = [ruleDistance(rule.left, request, negated), ruleDistance(rule.right, request, negated)];
      if ((rule.kind === "or") !== negated) return Math.min(left, right);
      // A conjunction that names the very path of the request is meant for it.
      return (left + right) * (!negated && namesPath(rule, request) ? 0.5 : 1);
    }
  }
}

/** Whether one of the conditions on a path, of which none is an alternative to others, holds. */
function namesPath(rule: Rule, request: RuleRequest): boolean {
  if (rule.kind === "matcher")
    return rule.name.startsWith("Path") && isSpecific(rule) && holds({ ...rule, negated: false }, request);
  return rule.kind === "and" && (namesPath(rule.left, request) || namesPath(rule.right, request));
}

function matcherDistance({ name, args: [first = ""] }: Matcher, request: RuleRequest): number {
  switch (name) {
    // Another host is another site: only a misspelt one is near.
    case "Host":
      if (isUnfinished(first, request.host)) return 0.3;
      return 3 * (1 - likeness(first.toLowerCase(), request.host));
    case "HostRegexp":
      return 1;
    case "Path":
      return pathDistance(first, request.path);
    case "PathPrefix":
      return pathDistance(first, request.path.slice(0, first.length));
    case "PathRegexp":
      return 0.7;
    case "Header":
    case "HeaderRegexp":
      return headerDistance(first.toLowerCase(), request);
    case "Method":
      return 0.4;
    case "ClientIP":
      return 0.1;
    case "Query":
    case "QueryRegexp":
      return 0.8;
  }
}

/** A router that demands what the client did not send is not the one that was meant; a header of nearly the same name is misspelt. */
function headerDistance(written: string, { headers }: RuleRequest): number {
  const like = Math.max(0, ...headers.map(([name]) => likeness(written, name.toLowerCase())));
  return like < 0.7 ? 1.2 : 1.3 - like;
}

/** Whether a host in a rule is what is left of another one when a variable has no value: `litellm.` of `litellm.example.org`. */
function isUnfinished(written: string, host: string): boolean {
  const [start, end] = [
    written.endsWith(".") && host.startsWith(written),
    written.startsWith(".") && host.endsWith(written),
  ];
  return written === "" || start || end;
}

/** The host of a rule that is what is left of the request's when a variable has no value; undefined for another rule. */
export function unfinishedHost(rule: Rule, request: RuleRequest): string | undefined {
  return hostsOf(rule).find((host) => isUnfinished(host, request.host));
}

/** The hosts that a rule names. */
function hostsOf(rule: Rule): string[] {
  if (rule.kind === "matcher") return rule.name === "Host" ? [...rule.args] : [];
  return rule.kind === "not" ? hostsOf(rule.rule) : [...hostsOf(rule.left), ...hostsOf(rule.right)];
}

/** How far apart two paths are: 1 where they are different ones. */
function pathDistance(written: string, asked: string): number {
  const like = likeness(written, asked);
  return like < 0.6 ? 1 : Math.max(0.05, 1 - like);
}

/** How alike two texts are at their ends, from 0 to 1. */
function likeness(one: string, other: string): number {
  const longest = Math.max(one.length, other.length);
  const shortest = Math.min(one.length, other.length);
  let [start, end] = [0, 0];
  while (start < shortest && one[start] === other[start]) start++;
  while (end < shortest - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return longest === 0 ? 1 : (start + end) / longest;
}
