import { hasPlaceholder } from "../../traefik/placeholders.ts";
import type { Rule } from "../../traefik/rules/rule.ts";
import { type AccessClass, accessClass } from "./access-class.ts";
import { type AllowList, allowListsOf } from "./allow-lists.ts";
import type { AskEdge, EdgeRouter, EdgeView, ProbeAnswer } from "./edge-view.ts";
import { routerFor } from "./match-rule.ts";
import { type ClassByMethod, classesKey, type PathRule, ruleFor } from "./path-rules.ts";
import { argumentsOf, pathFamilies, probeMethods, unnamedPaths } from "./probe-paths.ts";

/** What a host's answers show, on one entry point. */
export interface ObservedHost {
  name: string;
  entryPoint: string;
  scheme: "http" | "https";
  /** Whether any request reached LiteLLM. */
  isReached: boolean;
  /** Whether a rule that names the host has LiteLLM behind it, as far as the files say it. */
  leadsToLiteLLM: boolean;
  /** Routers on the entry point whose rules name the host; with their providers. */
  routers: readonly string[];
  /** The allow lists in front of LiteLLM on those routers. */
  allowLists: readonly AllowList[];
  /** What holds for every path without a rule of its own. */
  rest: ClassByMethod;
  /** Shortest first. */
  rules: readonly PathRule[];
  injected: readonly ObservedInjection[];
  /** Rules that the answers show only in part, each as a question. */
  questions: readonly string[];
}

/** A path on which a credential is put into the request on the way. */
export interface ObservedInjection {
  path: string;
  methods: readonly string[];
  /** The `Authorization` that arrives. */
  value: string;
  /** Whether the rule of its router names the host. */
  namesHost: boolean;
}

/** A host of Traefik's rules with an entry point that serves it. */
export interface HostCandidate {
  name: string;
  entryPoint: string;
  scheme: "http" | "https";
}

/** Every host that a rule names and no placeholder stands for, on every entry point of its routers, and on those that redirect whatever comes. */
export function hostCandidates({ routers }: EdgeView): HostCandidate[] {
  const found = new Map<string, HostCandidate>();
  for (const { rule, entryPoints, tls } of routers) {
    for (const name of argumentsOf(rule, ["Host"])) {
      if (hasPlaceholder(name)) continue;
      for (const entryPoint of entryPoints) {
        const key = `${name.toLowerCase()} ${entryPoint}`;
        const isSecure = tls || found.get(key)?.scheme === "https";
        found.set(key, { name: name.toLowerCase(), entryPoint, scheme: isSecure ? "https" : "http" });
      }
    }
  }
  const redirecting = routers.filter(({ rule, middlewares }) => {
    const isForAll = argumentsOf(rule, ["Host", "Path", "PathPrefix"]).length === 0;
    return isForAll && middlewares.some(({ kind }) => kind === "redirectscheme");
  });
  for (const { name } of [...found.values()]) {
    for (const { entryPoints, tls } of redirecting) {
      for (const entryPoint of entryPoints) {
        const key = `${name} ${entryPoint}`;
        // A router with TLS may be on it too: requests without TLS are redirected all the same.
        if (!found.has(key) || !tls) found.set(key, { name, entryPoint, scheme: tls ? "https" : "http" });
      }
    }
  }
  return [...found.values()];
}

/** Asks what a host does with every path that its rules name, with and without a credential. */
export async function observeHost(view: EdgeView, host: HostCandidate, ask: AskEdge): Promise<ObservedHost> {
  const own = view.routers.filter(
    (router) => router.entryPoints.includes(host.entryPoint) && mayTake(router, host.name),
  );
  const naming = own.filter(({ rule }) => argumentsOf(rule, ["Host"]).some((name) => name.toLowerCase() === host.name));
  const ruleset = own.map(({ rule }) => rule);
  const methods = probeMethods(ruleset);
  const injections: Injections = new Map();
  const classesOf = async (path: string): Promise<ClassByMethod> => {
    const classes = new Map<string, AccessClass>();
    for (const method of methods) {
      const { access, injected, router } = await observe(view, host, path, method, ask);
      if (injected !== undefined && router !== undefined) note(injections, path, method, injected, router, host.name);
      classes.set(method, access);
    }
    return classes;
  };
  const unnamed = await Promise.all(unnamedPaths.map(classesOf));
  const rest = unnamed[1] ?? new Map();
  const rules: PathRule[] = [];
  if (classesKey(unnamed[0] ?? rest) !== classesKey(rest)) rules.push({ pattern: "/", classes: unnamed[0] ?? rest });
  const questions: string[] = [];
  const tooWide: { base: string; lookAlike: string }[] = [];
  const families = pathFamilies(ruleset);
  for (const { base, withSlash, below, lookAlike } of families) {
    const [own, slash, deep, alike] = await Promise.all([base, withSlash, below, lookAlike].map(classesOf));
    if (own === undefined || slash === undefined || deep === undefined || alike === undefined) continue;
    if (injections.has(base)) continue;
    const already = (path: string): string => classesKey(ruleFor(rules, path)?.classes ?? rest);
    const alikeExpected = already(lookAlike);
    if (classesKey(own) !== already(base)) rules.push({ pattern: base, classes: own });
    if (classesKey(deep) !== already(below)) rules.push({ pattern: `${base}/**`, classes: deep });
    if (classesKey(slash) !== already(withSlash)) rules.push({ pattern: withSlash, classes: slash });
    const isOpen = [...own.values()].some(({ who }) => who === "open");
    if (isOpen && classesKey(alike) !== alikeExpected && classesKey(alike) === classesKey(own))
      tooWide.push({ base, lookAlike });
  }
  if (tooWide.length > 0) questions.push(tooWideQuestion(tooWide));
  const patterns = ruleset.flatMap((rule) => argumentsOf(rule, ["PathRegexp"]));
  if (patterns.length > 0)
    questions.push(
      `which paths do these patterns mean? ${[...new Set(patterns)].join(", ")}: paths were asked for by name only`,
    );
  const named = new Set(families.map(({ base }) => base));
  const beyond = [...injections.keys()].filter((path) => !named.has(path));
  if (beyond.length > 0)
    questions.push(`a credential is put into requests of ${beyond.join(", ")} as well: is that meant?`);
  return {
    ...host,
    isReached: [rest, ...rules.map(({ classes }) => classes)].some(reaches) || injections.size > 0,
    leadsToLiteLLM: naming.some(({ isLiteLLM }) => isLiteLLM === true),
    allowLists: allowListsOf(naming),
    routers: [...new Set(naming.map(({ name }) => name))],
    rest,
    rules,
    injected: [...injections].flatMap(([path, injection]) => (named.has(path) ? { path, ...injection } : [])),
    questions,
  };
}

/** One question for all prefixes of a host: they mostly have one cause, PathPrefix. */
function tooWideQuestion(found: readonly { base: string; lookAlike: string }[]): string {
  const [rules, bases] = [found.length === 1 ? "rule" : "rules", found.map(({ base }) => base).join(", ")];
  const alike = found.map(({ lookAlike }) => lookAlike).join(", ");
  const verb = found.length === 1 ? "takes" : "take";
  return `the ${rules} for ${bases} also ${verb} ${alike}: is that meant? The suite takes it for a mistake`;
}

/** By path. */
type Injections = Map<string, { methods: string[]; value: string; namesHost: boolean }>;

function note(
  injections: Injections,
  path: string,
  method: string,
  value: string,
  { rule }: EdgeRouter,
  host: string,
): void {
  const known = injections.get(path) ?? { methods: [], value, namesHost: false };
  known.methods.push(method);
  known.namesHost ||= argumentsOf(rule, ["Host"]).some((name) => name.toLowerCase() === host);
  injections.set(path, known);
}

async function observe(
  view: EdgeView,
  { name, entryPoint, scheme }: HostCandidate,
  path: string,
  method: string,
  ask: AskEdge,
): Promise<{ access: AccessClass; injected: string | undefined; router: EdgeRouter | undefined }> {
  const probe = { host: name, entryPoint, scheme, path, method, hasBearer: false };
  const router = routerFor(view.routers, probe);
  const [anonymous, withBearer]: [ProbeAnswer, ProbeAnswer] = await Promise.all([
    ask(probe),
    ask({ ...probe, hasBearer: true }),
  ]);
  return {
    access: accessClass({ asked: probe, router, anonymous, withBearer }),
    injected: anonymous.isReached ? anonymous.injected : undefined,
    router,
  };
}

function reaches(classes: ClassByMethod): boolean {
  return [...classes.values()].some(({ who }) => who === "open" || who === "bearer" || who === "login");
}

/** Whether a router's rule may match a host: it names it, or no host at all. */
function mayTake({ rule }: EdgeRouter, host: string): boolean {
  const hosts = argumentsOf(rule, ["Host"]);
  return hosts.length === 0 || hosts.some((name) => name.toLowerCase() === host) || hasPattern(rule);
}

function hasPattern(rule: Rule): boolean {
  return argumentsOf(rule, ["HostRegexp"]).length > 0;
}
