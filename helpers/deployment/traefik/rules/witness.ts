import { BlockList, isIPv6 } from "node:net";
import { re2 } from "./re2.ts";
import type { MatcherName, Rule } from "./rule.ts";
import { samplesOf } from "./sample-text.ts";

/** A matcher of an alternative, and whether it must not match. */
export interface Condition {
  name: MatcherName;
  args: readonly string[];
  negated: boolean;
}

/** One way to satisfy a rule: all of its conditions together. */
export type Alternative = readonly Condition[];

/** A request, as far as rules look at it. */
export interface RuleRequest {
  host: string;
  method: string;
  path: string;
  headers: readonly (readonly [string, string])[];
  query: readonly (readonly [string, string])[];
  /** The client's address; undefined where nobody knows it. */
  client: string | undefined;
}

/** What may be sent: the hosts of the policy, and paths that tell its rules apart. */
export interface WitnessChoices {
  hosts: readonly string[];
  paths: readonly string[];
  client: string | undefined;
}

/** The requests that satisfy an alternative, or why none could be built. */
export type Witnesses = { requests: RuleRequest[] } | { untried: string };

/** More alternatives than any rule that a person writes has. */
const mostAlternatives = 400;

/** Which alternatives of a rule are listed. */
interface AlternativeOptions {
  /** Whether those that do not satisfy the rule are listed instead. */
  negated?: boolean;
  /** Only alternatives all of whose conditions are wanted; default: all. The others do not count against the limit. */
  isWanted?: ((condition: Condition) => boolean) | undefined;
}

/**
 * Every way to satisfy a rule: its disjunctive normal form.
 *
 * @throws {RangeError} for a rule with more than 400 alternatives
 */
export function alternativesOf(rule: Rule, options: AlternativeOptions = {}): Alternative[] {
  const { negated = false, isWanted = () => true } = options;
  switch (rule.kind) {
    case "matcher": {
      const condition = { name: rule.name, args: rule.args, negated };
      return isWanted(condition) ? [[condition]] : [];
    }
    case "not":
      return alternativesOf(rule.rule, { ...options, negated: !negated });
    case "and":
    case "or": {
      const [left, right] = [alternativesOf(rule.left, options), alternativesOf(rule.right, options)];
      const isUnion = (rule.kind === "or") !== negated;
      const all = isUnion ? [...left, ...right] : left.flatMap((one) => right.map((other) => [...one, ...other]));
      if (all.length > mostAlternatives)
        throw new RangeError(`the rule has more than ${mostAlternatives} alternatives`);
      return all;
    }
  }
}

/** An alternative as a person reads it, e.g. `` Host(`a`) && !Path(`/b`) ``. */
export function alternativeText(alternative: Alternative): string {
  return alternative
    .map(({ name, args, negated }) => `${negated ? "!" : ""}${name}(${args.map((arg) => `\`${arg}\``).join(", ")})`)
    .join(" && ");
}

/** Requests that satisfy an alternative: each host, path, header and parameter that it allows, in as few as possible. */
export function witnessesOf(alternative: Alternative, choices: WitnessChoices): Witnesses {
  const wanted = (...names: MatcherName[]): Condition[] => alternative.filter((one) => names.includes(one.name));
  const client = wanted("ClientIP").find((one) => !holds(one, { ...empty, client: choices.client }));
  if (client !== undefined)
    return { untried: `no client of this run has an address that fits ${alternativeText([client])}` };
  const hosts = fitting(wanted("Host", "HostRegexp"), "host", [...choices.hosts], hostTexts);
  const methods = fitting(wanted("Method"), "method", ["GET", "POST", "DELETE"], ([name = ""]) => [name.toUpperCase()]);
  const paths = fitting(wanted("Path", "PathPrefix", "PathRegexp"), "path", [...choices.paths], pathTexts);
  const headers = pairs(wanted("Header", "HeaderRegexp"));
  const query = pairs(wanted("Query", "QueryRegexp"));
  const [method] = methods;
  if (hosts.length === 0 || method === undefined || paths.length === 0 || headers.length === 0 || query.length === 0)
    return { untried: `no request could be built for ${alternativeText(alternative)}` };
  const requests = hosts.flatMap((host) =>
    paths.flatMap((path) =>
      headers.flatMap((own) =>
        query.map(
          (parameters): RuleRequest => ({
            host,
            method,
            path,
            headers: own,
            query: parameters,
            client: choices.client,
          }),
        ),
      ),
    ),
  );
  const sound = requests.filter((request) => alternative.every((condition) => holds(condition, request)));
  return sound.length > 0
    ? { requests: sound }
    : { untried: `no request could be built for ${alternativeText(alternative)}` };
}

const empty: RuleRequest = { host: "", method: "", path: "", headers: [], query: [], client: undefined };

/**
 * The offered values that satisfy every condition; where a condition demands one and none is offered, values made from
 * it.
 */
function fitting(
  conditions: readonly Condition[],
  part: "host" | "method" | "path",
  offered: readonly string[],
  made: (args: readonly string[], name: MatcherName) => string[],
): string[] {
  const demanded = conditions.filter(({ negated }) => !negated);
  const fits = (value: string): boolean => conditions.every((one) => holds(one, { ...empty, [part]: value }));
  const own = [...new Set(demanded.flatMap(({ name, args }) => made(args, name)))].filter(fits);
  const given = offered.filter(fits);
  // A path of its own shows an alternative best; the policy has rules for its own hosts only.
  return part === "host" ? (given.length > 0 ? given : own) : [...new Set([...own, ...given])];
}

function hostTexts([value = ""]: readonly string[], name: MatcherName): string[] {
  return name === "Host" ? [value.toLowerCase()] : samplesOf(value).filter((text) => /^[a-z0-9.-]+$/i.test(text));
}

function pathTexts([value = ""]: readonly string[], name: MatcherName): string[] {
  if (name === "Path") return [value];
  if (name === "PathPrefix") return [value, `${value.replace(/\/$/, "")}/gateway-conformance`];
  return samplesOf(value)
    .flatMap((text) => [text, `/gateway-conformance/${text}`])
    .filter((text) => /^\/[\w\-./~!$&'()*+,;=:@]*$/.test(text));
}

/** Every combination of names and values that conditions on headers or parameters demand; one without any where none do. */
function pairs(conditions: readonly Condition[]): (readonly (readonly [string, string])[])[] {
  return conditions
    .filter(({ negated }) => !negated)
    .reduce<(readonly (readonly [string, string])[])[]>(
      (all, { name, args: [key = "", value] }) => {
        const texts = value === undefined ? ["1"] : name.endsWith("Regexp") ? samplesOf(value) : [value];
        return all.flatMap((own) => texts.map((text) => [...own, [key, text] as const])).slice(0, 16);
      },
      [[]],
    );
}

/** Whether a request satisfies a condition. Source: traefik v3.5, pkg/muxer/http/matcher.go. */
export function holds({ name, args: [first = "", second], negated }: Condition, request: RuleRequest): boolean {
  return matches() !== negated;

  function matches(): boolean {
    switch (name) {
      case "ClientIP":
        return request.client !== undefined && inRange(request.client, first);
      case "Method":
        return request.method === first.toUpperCase();
      case "Host":
        return request.host === first.toLowerCase();
      case "HostRegexp":
        return found(first, request.host);
      case "Path":
        return request.path === first;
      case "PathPrefix":
        return request.path.startsWith(first);
      case "PathRegexp":
        return found(first, request.path);
      case "Header":
        return valuesOf(request.headers, (key) => key.toLowerCase() === first.toLowerCase()).includes(second ?? "");
      case "HeaderRegexp":
        return valuesOf(request.headers, (key) => key.toLowerCase() === first.toLowerCase()).some((value) =>
          found(second ?? "", value),
        );
      case "Query":
        return valuesOf(request.query, (key) => key === first).some(
          (value) => second === undefined || value === second,
        );
      case "QueryRegexp":
        return valuesOf(request.query, (key) => key === first).some(
          (value) => second === undefined || found(second, value),
        );
    }
  }
}

function valuesOf(pairsOf: readonly (readonly [string, string])[], isWanted: (key: string) => boolean): string[] {
  return pairsOf.flatMap(([key, value]) => (isWanted(key) ? [value] : []));
}

function found(pattern: string, text: string): boolean {
  return re2(pattern).matcher(text).find();
}

function inRange(address: string, range: string): boolean {
  const [network = "", prefix] = range.split("/");
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  if (isIPv6(address) !== isIPv6(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
  return list.check(address, family);
}
