import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation, Written } from "../source/location.ts";
import type { TraefikOption } from "./options.ts";
import { parseRule, type Rule, RuleError } from "./rules/rule.ts";
import { isTrue, splitList } from "./schema.ts";

/** A part of the dynamic configuration that has a name. */
interface Named {
  name: string;
  /** Its options by name below the part, known names in lower case: `rule`, `headers.customrequestheaders.Authorization`. */
  options: ReadonlyMap<string, TraefikOption>;
  location: SourceLocation;
}

/** A router. Its location is its rule's. */
export interface TraefikRouter extends Named {
  rule: Rule;
  ruleText: string;
  /** Empty: Traefik's default entry points. */
  entryPoints: readonly string[];
  /** In the order in which they run. */
  middlewares: readonly string[];
  /** As written, e.g. `noop@internal`; undefined for the only service of the same container. */
  service: string | undefined;
  /** As written, else Traefik's default: the rule's length in bytes. */
  priority: number;
  tls: boolean;
}

/** A middleware. Its location is its first option's. */
export interface TraefikMiddleware extends Named {
  /** In lower case, e.g. `headers`, `ipallowlist`. */
  kind: string;
}

/** A service; for labels, the container itself. */
export interface TraefikService extends Named {
  /** Port in the container; undefined when Traefik uses the one that the image exposes. */
  port: number | undefined;
}

/** The dynamic configuration in one container's labels. */
export interface DynamicConfiguration {
  /** `traefik.enable`. */
  enable: Written<boolean> | undefined;
  /** The docker network by which Traefik reaches the container. */
  network: TraefikOption | undefined;
  routers: readonly TraefikRouter[];
  middlewares: readonly TraefikMiddleware[];
  services: readonly TraefikService[];
}

/** Builds routers, middlewares and services from options. A part that Traefik drops becomes a fault and is left out. */
export function readDynamic(options: readonly TraefikOption[], faults: FaultList): DynamicConfiguration {
  const single = (name: string): TraefikOption | undefined => options.find(({ path }) => path.join(".") === name);
  const enable = single("enable");
  return {
    enable: enable === undefined ? undefined : { value: isTrue(enable.value), location: enable.location },
    network: single("docker.network"),
    routers: partsOf(options, "routers").flatMap((part) => readRouter(part, faults) ?? []),
    middlewares: partsOf(options, "middlewares").flatMap((part) => readMiddleware(part, faults) ?? []),
    services: partsOf(options, "services").map(readService),
  };
}

function partsOf(options: readonly TraefikOption[], section: string): Named[] {
  const parts = new Map<string, { name: string; options: Map<string, TraefikOption>; location: SourceLocation }>();
  for (const option of options) {
    const [root, own, name, ...rest] = option.path;
    if (root !== "http" || own !== section || name === undefined) continue;
    const id = name.toLowerCase();
    const part = parts.get(id) ?? { name, options: new Map(), location: option.location };
    part.options.set(rest.join("."), option);
    parts.set(id, part);
  }
  return [...parts.values()];
}

function readRouter({ name, options, location }: Named, faults: FaultList): TraefikRouter | undefined {
  const written = options.get("rule");
  if (written === undefined) {
    faults.add(
      location,
      `the router '${name}' has no rule: Traefik would derive one from the container's name`,
      `add the label traefik.http.routers.${name}.rule`,
    );
    return undefined;
  }
  const syntax = options.get("rulesyntax");
  if (syntax !== undefined && syntax.value.toLowerCase() !== "v3") {
    faults.add(
      syntax.location,
      `the router '${name}' uses the rule syntax '${syntax.value}'`,
      "write the rule in v3's syntax and remove this label",
    );
    return undefined;
  }
  const rule = readRule(name, written, faults);
  if (rule === undefined) return undefined;
  const priority = Number(options.get("priority")?.value ?? 0);
  return {
    name,
    options,
    rule,
    ruleText: written.value,
    entryPoints: splitList(options.get("entrypoints")?.value ?? ""),
    middlewares: splitList(options.get("middlewares")?.value ?? ""),
    service: options.get("service")?.value,
    priority: priority === 0 ? Buffer.byteLength(written.value) : priority,
    tls: [...options].some(([key, { value }]) => key.startsWith("tls.") || (key === "tls" && isTrue(value))),
    location: written.location,
  };
}

function readRule(router: string, { value, location }: TraefikOption, faults: FaultList): Rule | undefined {
  try {
    return parseRule(value);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    faults.add(
      location,
      `the rule of the router '${router}' does not parse: column ${error.column}: ${error.message}`,
      error.fix,
    );
    return undefined;
  }
}

function readMiddleware({ name, options, location }: Named, faults: FaultList): TraefikMiddleware | undefined {
  const kinds = [...options].map(([key, option]) => ({ kind: key.split(".")[0] ?? "", option }));
  const [first] = kinds;
  if (first === undefined) return undefined;
  const other = kinds.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) {
    faults.add(
      other.option.location,
      `the middleware '${name}' is a '${first.kind}' (line ${location.line}) and a '${other.kind}': Traefik allows one kind`,
      "define two middlewares and name both in the router",
    );
    return undefined;
  }
  return { name, kind: first.kind, options, location };
}

function readService({ name, options, location }: Named): TraefikService {
  const port = options.get("loadbalancer.server.port");
  return {
    name,
    options,
    port: port === undefined ? undefined : Number(port.value),
    location: port?.location ?? location,
  };
}
