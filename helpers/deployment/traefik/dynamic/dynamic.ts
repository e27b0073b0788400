import type { SourceLocation, Written } from "../../source/location.ts";
import type { TraefikOption } from "../options.ts";
import type { ProblemList } from "../problems.ts";
import { parseRule, type Rule, RuleError } from "../rules/rule.ts";
import { ruleOfVersionTwo } from "../rules/rule-of-version-two.ts";
import { isTrue, splitList } from "../schema.ts";

/** The providers that a deployment's files configure. */
export type ProviderName = "docker" | "swarm" | "file";

/** A part of the dynamic configuration that has a name. */
interface Named {
  name: string;
  provider: ProviderName;
  /** Its options by name below the part, known names in lower case: `rule`, `headers.customrequestheaders.Authorization`. */
  options: ReadonlyMap<string, TraefikOption>;
  location: SourceLocation;
}

/** A router. Its location is its rule's. */
export interface TraefikRouter extends Named {
  /** Undefined for a rule of version 2 that version 3 has no equal of, and for one that Traefik refuses. */
  rule: Rule | undefined;
  /** As written, or as Traefik derives it for a router without a rule; empty where it is not known. */
  ruleText: string;
  /** As written; empty: Traefik's default entry points. */
  entryPoints: readonly string[];
  /** In the order in which they run, without those of the entry points. */
  middlewares: readonly string[];
  /** As written, e.g. `noop@internal`; undefined for the only service of the same container. */
  service: string | undefined;
  /** As written, else Traefik's default: the rule's length in bytes. */
  priority: number;
  /** Whether it has TLS of its own; its entry points may give it TLS too. */
  tls: boolean;
}

/** A middleware. Its location is its first option's. */
export interface TraefikMiddleware extends Named {
  /** In lower case, e.g. `headers`, `ipallowlist`. */
  kind: string;
}

/** A service; for labels, the container itself. */
export interface TraefikService extends Named {
  /** In lower case: `loadbalancer`, `weighted`, `mirroring`, `failover`; undefined where nothing is said. */
  kind: string | undefined;
  /** Of labels: the port in the container; undefined when Traefik uses the one that the image exposes. */
  port: number | undefined;
  /** Of a file: the servers' URLs. */
  urls: readonly string[];
  /** The services that it is made of, as written. */
  services: readonly string[];
}

/** The dynamic configuration of one source: a container's labels, or the file provider's files. */
export interface DynamicConfiguration {
  /** `traefik.enable`. */
  enable: Written<boolean> | undefined;
  /** The docker network by which Traefik reaches the container. */
  network: TraefikOption | undefined;
  routers: readonly TraefikRouter[];
  middlewares: readonly TraefikMiddleware[];
  services: readonly TraefikService[];
  /** Names of `tls.options`. */
  tlsOptions: readonly string[];
  /** Names of `http.serversTransports`. */
  serversTransports: readonly string[];
}

/** What the options of a source are read with. */
export interface DynamicReading {
  provider: ProviderName;
  /** The router that Traefik makes where none is named; undefined where it makes none. */
  defaultRouter: { name: string; location: SourceLocation } | undefined;
  /** The rule of a router that has none; undefined where Traefik takes none. */
  defaultRule: ((router: string) => string | undefined) | undefined;
  /** The syntax of a rule that names none. */
  ruleSyntax: "v2" | "v3";
  problems: ProblemList;
}

/** Builds routers, middlewares and services from options. What Traefik disables stays in, with its problem. */
export function readDynamic(options: readonly TraefikOption[], reading: DynamicReading): DynamicConfiguration {
  const single = (name: string): TraefikOption | undefined => options.find(({ path }) => path.join(".") === name);
  const enable = single("enable");
  const named = (root: string, section: string): Named[] => partsOf(options, root, section, reading.provider);
  return {
    enable: enable === undefined ? undefined : { value: isTrue(enable.value), location: enable.location },
    network: single(`${reading.provider}.network`) ?? single("docker.network"),
    routers: routerParts(named("http", "routers"), reading).map((part) => readRouter(part, reading)),
    middlewares: named("http", "middlewares").flatMap((part) => readMiddleware(part, reading) ?? []),
    services: named("http", "services").map(readService),
    tlsOptions: named("tls", "options").map(({ name }) => name),
    serversTransports: named("http", "serverstransports").map(({ name }) => name),
  };
}

function routerParts(written: readonly Named[], { provider, defaultRouter }: DynamicReading): readonly Named[] {
  if (written.length > 0 || defaultRouter === undefined) return written;
  return [{ ...defaultRouter, provider, options: new Map() }];
}

function partsOf(options: readonly TraefikOption[], wanted: string, section: string, provider: ProviderName): Named[] {
  const parts = new Map<string, Named & { options: Map<string, TraefikOption> }>();
  for (const option of options) {
    const [root, own, name, ...rest] = option.path;
    if (root !== wanted || own !== section || name === undefined) continue;
    const id = name.toLowerCase();
    const part = parts.get(id) ?? { name, provider, options: new Map(), location: option.location };
    part.options.set(rest.join("."), option);
    parts.set(id, part);
  }
  return [...parts.values()];
}

function readRouter(part: Named, reading: DynamicReading): TraefikRouter {
  const { name, options, location } = part;
  const written = options.get("rule");
  const ruleText = written?.value ?? reading.defaultRule?.(name) ?? "";
  const at = written?.location ?? location;
  const priority = Number(options.get("priority")?.value ?? 0);
  return {
    ...part,
    rule: readRule(part, ruleText, at, reading),
    ruleText,
    entryPoints: splitList(options.get("entrypoints")?.value ?? ""),
    middlewares: splitList(options.get("middlewares")?.value ?? ""),
    service: options.get("service")?.value,
    priority: priority === 0 ? Buffer.byteLength(ruleText) : priority,
    tls: [...options].some(([key, { value }]) => key.startsWith("tls.") || (key === "tls" && isTrue(value))),
    location: at,
  };
}

function readRule(
  { name, options }: Named,
  text: string,
  location: SourceLocation,
  { provider, defaultRule, ruleSyntax, problems }: DynamicReading,
): Rule | undefined {
  const scope = { kind: "router", name: `${name}@${provider}` } as const;
  const effect = "Traefik disables the router, and logs it";
  if (text === "") {
    // A default rule that the suite can't render is not the operator's fault.
    if (defaultRule === undefined)
      problems.add(scope, location, `the router '${name}' has no rule`, effect, "give it one, at least Host(`…`)");
    return undefined;
  }
  const syntax = options.get("rulesyntax")?.value.toLowerCase() ?? ruleSyntax;
  if (syntax === "v2") return ruleOfVersionTwo(text);
  const [variable] = /\{[A-Za-z_]\w*(?::[^`}]*)?\}/.exec(text) ?? [];
  if (variable !== undefined)
    problems.add(
      { kind: "nothing" },
      location,
      `the rule of the router '${name}' has '${variable}', which is version 2's syntax`,
      "Traefik 3 takes it as it stands, so that the rule matches no request of a client",
      "write a Go regexp, e.g. HostRegexp(`^.+$`), or set the router's ruleSyntax to v2",
    );
  try {
    return parseRule(text);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    const what = `the rule of the router '${name}' does not parse: column ${error.column}: ${error.message}`;
    problems.add(scope, location, what, effect, error.fix);
    return undefined;
  }
}

function readMiddleware(part: Named, { provider, problems }: DynamicReading): TraefikMiddleware | undefined {
  const { name, options, location } = part;
  const kinds = [...options].map(([key, option]) => ({ kind: key.split(".")[0] ?? "", option }));
  const [first] = kinds;
  if (first === undefined) return undefined;
  const other = kinds.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) {
    problems.add(
      { kind: "middleware", name: `${name}@${provider}` },
      other.option.location,
      `the middleware '${name}' is a '${first.kind}' (line ${location.line}) and a '${other.kind}': Traefik allows one kind`,
      "Traefik disables it, and every router that uses it",
      "define two middlewares and name both in the router",
    );
  }
  return { ...part, kind: first.kind };
}

function readService(part: Named): TraefikService {
  const { options, location } = part;
  const port = options.get("loadbalancer.server.port");
  const keys = [...options.keys()];
  const valuesOf = (pattern: RegExp): string[] =>
    [...options].flatMap(([key, { value }]) => (pattern.test(key) ? [value] : []));
  return {
    ...part,
    kind: keys[0]?.split(".")[0],
    port: port === undefined ? undefined : Number(port.value),
    urls: valuesOf(/^loadbalancer\.servers\[\d+\]\.url$/),
    services: valuesOf(
      /^(?:weighted\.services\[\d+\]\.name|mirroring\.(?:service|mirrors\[\d+\]\.name)|failover\.(?:service|fallback))$/,
    ),
    location: port?.location ?? location,
  };
}
