import type { SourceLocation } from "../source/location.ts";
import { causeOfMissingSource } from "./causes.ts";
import type { TraefikRouter, TraefikService } from "./dynamic/dynamic.ts";
import type { TraefikModel } from "./model.ts";
import type { Rule } from "./rules/rule.ts";
import { holds, type RuleRequest } from "./rules/witness.ts";

/** The router that should have taken a request, and why it did not. */
export interface MissedRouter {
  /** One sentence. */
  cause: string;
  location: SourceLocation;
  /** Whether Traefik does not have the router at all, although its rule matches: what it loads is at fault. */
  isNotLoaded?: true;
}

/** A matcher of a rule. */
type Matcher = Extract<Rule, { kind: "matcher" }>;

/** A router that is further away from a request was not meant for it: no router's rule is the cause then. */
const farthest = 1.5;
/** The same where another router took the request and may forward: that one may be meant for it. */
const farthestBehindForwarding = 0.6;

/**
 * The router that was meant for a request that did not reach its service: the one whose rule needs the smallest change to
 * match, of the routers that forward.
 *
 * @param taken the router that took the request, as in Traefik's API; undefined where none did
 * @param entryPoint by which the request came in; undefined where that is not known
 * @returns undefined where the router that took the request was meant for it, and where no router is near
 */
export function missedRouter(
  model: TraefikModel,
  request: RuleRequest,
  { taken, entryPoint }: { taken: string | undefined; entryPoint: string | undefined },
): MissedRouter | undefined {
  const winner = taken === undefined ? undefined : model.routerOf(taken);
  // A router with a condition on the path or a header is chosen for the request; one with the host alone takes the rest.
  if (winner?.rule !== undefined && isChosenFor(winner.rule, request)) return undefined;
  const limit = winner === undefined || isInternal(winner) ? farthest : farthestBehindForwarding;
  const nearest = model.routers
    .filter((router) => router !== winner && !isInternal(router))
    .map((router) => ({ router, distance: distanceOf(router, request, entryPoint) }))
    .toSorted((one, other) => one.distance - other.distance)[0];
  if (nearest === undefined || nearest.distance > limit) return undefined;
  return causeOf(model, nearest.router, winner, entryPoint, nearest.distance === 0);
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

function causeOf(
  model: TraefikModel,
  router: TraefikRouter,
  winner: TraefikRouter | undefined,
  entryPoint: string | undefined,
  matches: boolean,
): MissedRouter {
  const { name, options } = router;
  const instead = winner === undefined ? "" : `, so that ${winner.name} takes it`;
  if (!isOn(model, router, entryPoint))
    return {
      cause: `the router ${name} is not on the entry point ${entryPoint}${instead}`,
      location: (options.get("entrypoints") ?? router).location,
    };
  if (router.options.get("rule") === undefined && router.rule === undefined)
    return { cause: `the router ${name} has no rule${instead}`, location: router.location };
  if (!matches)
    return { cause: `the rule of the router ${name} does not match it${instead}`, location: router.location };
  if (winner === undefined)
    return {
      ...(causeOfMissingSource(model) ?? {
        cause: `the rule of the router ${name} matches it, but Traefik does not have the router`,
        location: router.location,
      }),
      isNotLoaded: true,
    };
  // What takes the rest comes last: a router for it with the highest priority of all is the one that is wrong.
  const isFirst = model.routers.every((one) => one === winner || one.priority < winner.priority);
  const wrong = isFirst ? winner : router;
  return {
    cause: `the router ${winner.name} has the priority ${winner.priority}, and ${name}, which is meant for it, has ${router.priority}`,
    location: (wrong.options.get("priority") ?? wrong).location,
  };
}

/** Whether Traefik itself answers what the router takes, e.g. `noop@internal`. */
function isInternal({ service }: TraefikRouter): boolean {
  return service?.endsWith("@internal") ?? false;
}

function isOn(model: TraefikModel, { entryPoints }: TraefikRouter, entryPoint: string | undefined): boolean {
  const own = entryPoints.length > 0 ? entryPoints : model.static.defaultEntryPoints;
  return entryPoint === undefined || own.includes(entryPoint);
}

/** Whether a rule names the request's path, or a header, a method or a parameter that it has. */
function isChosenFor(rule: Rule, request: RuleRequest): boolean {
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

function distanceOf(router: TraefikRouter, request: RuleRequest, entryPoint: string | undefined): number {
  const { rule } = router;
  // A router without a rule matches nothing that a client asks for, so this one may be any router.
  const own = rule === undefined || router.options.get("rule") === undefined ? 0.3 : ruleDistance(rule, request, false);
  const isListening =
    entryPoint === undefined || router.entryPoints.length === 0 || router.entryPoints.includes(entryPoint);
  return own + (isListening ? 0 : 0.7);
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
      // A router that demands what the client did not send is not the one that was meant.
      return request.headers.some(([key]) => key.toLowerCase() === first.toLowerCase()) ? 0.3 : 1.2;
    case "Method":
      return 0.4;
    case "ClientIP":
      return 0.1;
    case "Query":
    case "QueryRegexp":
      return 0.8;
  }
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
