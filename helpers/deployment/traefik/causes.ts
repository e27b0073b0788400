import type { SourceLocation } from "../source/location.ts";
import type { TraefikMiddleware, TraefikRouter } from "./dynamic/dynamic.ts";
import { qualified } from "./dynamic/known-names.ts";
import type { TraefikModel } from "./model.ts";
import type { TraefikProblem } from "./problems.ts";
import { splitList } from "./schema.ts";

/** Why a router does not work as the files say. */
export interface RouterCause {
  /** One sentence: what the file says, and what Traefik does about it. */
  cause: string;
  location: SourceLocation;
  /** As an imperative; undefined where only Traefik's own message is known. */
  fix: string | undefined;
}

/** A router that the files define, and that Traefik does not have. */
export interface MissingRouter {
  router: TraefikRouter;
  cause: RouterCause | undefined;
}

/**
 * The likely cause of a live router's errors, from what is known to be wrong in the files.
 *
 * @param live name and errors as in Traefik's API
 * @returns undefined for a router of Traefik's own
 */
export function causeOfErrors(
  model: TraefikModel,
  live: { name: string; errors: readonly string[] },
): RouterCause | undefined {
  const router = model.routerOf(live.name);
  if (router === undefined) {
    const location = model.lineNaming("routers", live.name);
    return location && { cause: live.errors.join("; "), location, fix: undefined };
  }
  // Traefik has read the source of a router that it reports: what it ignores there is not the cause.
  const problems = problemsOf(model, router).filter(({ scope }) => scope.kind !== "source");
  // Traefik reports the first of several mistakes that it meets: the one whose quoted name it says is meant.
  const said = problems.find(({ what }) =>
    quotedIn(what).some((name) => live.errors.some((error) => error.includes(name))),
  );
  const [known = undefined] = said === undefined ? problems : [said];
  if (known !== undefined) return causeOf(known);
  const middlewares = middlewaresOf(model, router);
  const isSaid = (text: string): boolean => text !== "" && live.errors.some((error) => error.includes(text));
  // E.g. the path of a file that is missing.
  const middleware =
    middlewares.find(({ name }) => isSaid(name)) ??
    middlewares.find(({ options }) => [...options.values()].some(({ value }) => value.length > 3 && isSaid(value)));
  const option = optionOf(live.errors);
  const written = option === undefined ? undefined : router.options.get(option);
  const location = middleware?.location ?? written?.location ?? router.location;
  return { cause: live.errors.join("; "), location, fix: undefined };
}

/**
 * The routers that the files define and Traefik does not have: those of a source that it refuses or ignores, and those that
 * it drops.
 *
 * @param liveNames as in Traefik's API
 */
export function missingRouters(model: TraefikModel, liveNames: readonly string[]): MissingRouter[] {
  const found = new Set(liveNames.map((name) => model.routerOf(name)));
  return [...model.routers, ...model.droppedRouters].flatMap((router) => {
    if (found.has(router)) return [];
    return { router, cause: knownCauseOf(model, router) };
  });
}

/** The cause that one source of routers is missing as a whole, e.g. every label of a container; undefined without one. */
export function causeOfMissingSource(model: TraefikModel): RouterCause | undefined {
  const problem = model.problems.find(({ scope }) => scope.kind === "source");
  return problem && causeOf(problem);
}

/** Why an entry point does not redirect as the files say; undefined where nothing is known to be wrong. */
export function causeOfNoRedirection(model: TraefikModel, entryPoint: string | undefined): RouterCause | undefined {
  const problem = model.problems.find(({ scope }) => scope.kind === "redirection" && scope.name === entryPoint);
  return problem && causeOf(problem);
}

function causeOf({ what, effect, location, fix }: TraefikProblem): RouterCause {
  return { cause: `${what}: ${effect}`, location, fix };
}

/** The names that a message quotes, but the first, which is the router's own. */
function quotedIn(what: string): string[] {
  return [...what.matchAll(/'([^']+)'/g)].slice(1).map(([, name = ""]) => name);
}

/** Why Traefik does not use a router, by what is known to be wrong in the files; undefined where nothing is. */
export function knownCauseOf(model: TraefikModel, router: TraefikRouter): RouterCause | undefined {
  const [known] = problemsOf(model, router);
  return known && causeOf(known);
}

/** What is known to be wrong with a router, its middlewares and its source; the most specific first. */
function problemsOf(model: TraefikModel, router: TraefikRouter): TraefikProblem[] {
  const name = `${router.name}@${router.provider}`;
  const middlewares = new Set(middlewaresOf(model, router).map((one) => `${one.name}@${one.provider}`));
  const source = sourceOf(model, router);
  const inScope = (wanted: (problem: TraefikProblem) => boolean): TraefikProblem[] => model.problems.filter(wanted);
  return [
    ...inScope(({ scope }) => scope.kind === "router" && scope.name === name),
    ...inScope(({ scope }) => scope.kind === "middleware" && middlewares.has(scope.name)),
    ...inScope(({ scope }) => scope.kind === "source" && scope.source === source),
  ];
}

function sourceOf(model: TraefikModel, router: TraefikRouter): string | undefined {
  if (router.provider === "file") return "file";
  return model.containers.find(({ configuration }) => configuration.routers.includes(router))?.service.name;
}

/** The middlewares that a router runs: its entry points', its own, and those of its chains. */
export function middlewaresOf(model: TraefikModel, router: TraefikRouter): TraefikMiddleware[] {
  const points = model.entryPointsOf(router);
  const first = points.flatMap((name) => model.static.entryPoints.get(name)?.middlewares ?? []);
  const open = [...first, ...router.middlewares.map((name) => qualified(name, router.provider))];
  const found = new Map<string, TraefikMiddleware>();
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    const middleware = model.middlewareOf(name);
    if (middleware === undefined || found.has(name)) continue;
    found.set(name, middleware);
    const chained = splitList(middleware.options.get("chain.middlewares")?.value ?? "");
    open.push(...chained.map((one) => qualified(one, middleware.provider)));
  }
  return [...found.values()];
}

/** The router's option that Traefik's message is about. */
function optionOf(errors: readonly string[]): string | undefined {
  const text = errors.join("\n");
  if (/^middleware |could not instantiate middleware/m.test(text)) return "middlewares";
  if (/the service |service is missing/.test(text)) return "service";
  if (/entryPoint/.test(text)) return "entrypoints";
  if (/TLS options/i.test(text)) return "tls.options";
  return undefined;
}
