import { nearest } from "../../core/text/nearest.ts";
import { FaultList } from "../source/fault-list.ts";
import type { Deployment, SourceLocation, Written } from "../types.ts";
import { itself, type LabelSection, type LabelValue, labelShape } from "./label-shape.ts";
import { re2Problem } from "./re2.ts";
import { isRange, parseRule, type Rule, RuleError } from "./rule.ts";

/** A router that labels make. */
export interface TraefikRouter {
  name: string;
  rule: Rule;
  ruleText: string;
  /** Empty: Traefik's default entry points. */
  entryPoints: readonly string[];
  /** In the order in which they run. */
  middlewares: readonly string[];
  /** As written, e.g. `noop@internal`; without one, the only service of the same container. */
  service: string | undefined;
  /** As written, else Traefik's default: the rule's length in bytes. */
  priority: number;
  tls: boolean;
  /** The label with the rule. */
  location: SourceLocation;
}

/** A middleware that labels make. */
export interface TraefikMiddleware {
  name: string;
  /** In small letters, e.g. `headers`, `ipallowlist`. */
  kind: string;
  /** Option (small letters, names of headers as written) to its value, e.g. `customrequestheaders.Authorization`. */
  options: ReadonlyMap<string, Written<string>>;
  location: SourceLocation;
}

/** A service that labels make: the container itself. */
export interface TraefikService {
  name: string;
  /** Port in the container; undefined when Traefik takes the one that the image exposes. */
  port: number | undefined;
  location: SourceLocation;
}

/** All that the labels of one container say to Traefik. */
export interface TraefikLabels {
  enable: Written<boolean> | undefined;
  /** The docker network by which Traefik reaches the container. */
  network: Written<string> | undefined;
  routers: readonly TraefikRouter[];
  middlewares: readonly TraefikMiddleware[];
  services: readonly TraefikService[];
}

/**
 * Every router that the labels of a deployment make, with the label that holds its rule. Routers are alike for all
 * containers: their names are global in Traefik's docker provider.
 */
export function routersFor(deployment: Pick<Deployment, "compose">): readonly TraefikRouter[] {
  return [...deployment.compose.services.values()].flatMap(({ labels }) => {
    const read = parseTraefikLabels(labels);
    return read.enable?.value === false ? [] : read.routers;
  });
}

/** A label, taken apart. */
interface Leaf {
  path: readonly string[];
  value: string;
  location: SourceLocation;
}

/** Reads the labels of one container as Traefik 3 does. What Traefik would refuse or ignore becomes a fault. */
export function parseTraefikLabels(
  labels: ReadonlyMap<string, Written<string>>,
  faults: FaultList = new FaultList(),
): TraefikLabels {
  const leaves = readLeaves(labels, faults);
  const below = (...path: string[]): Map<string, Leaf[]> => group(leaves, path);
  const global = (...path: string[]): Leaf | undefined =>
    leaves.find((leaf) => leaf.path.length === path.length && path.every((step, index) => leaf.path[index] === step));
  const enable = global("enable");
  const network = global("docker", "network");
  return {
    enable: enable === undefined ? undefined : { value: isTrue(enable.value), location: enable.location },
    network: network === undefined ? undefined : { value: network.value, location: network.location },
    routers: [...below("http", "routers")].flatMap(([name, of]) => readRouter(name, of, faults) ?? []),
    middlewares: [...below("http", "middlewares")].flatMap(([name, of]) => readMiddleware(name, of, faults) ?? []),
    services: [...below("http", "services")].map(([name, of]) => readService(name, of)),
  };
}

/** The labels that Traefik reads, checked against what it knows; known option names in small letters. */
function readLeaves(labels: ReadonlyMap<string, Written<string>>, faults: FaultList): Leaf[] {
  const leaves: Leaf[] = [];
  const seen = new Map<string, { key: string; location: SourceLocation }>();
  const names = new Map<string, { name: string; location: SourceLocation }>();
  for (const [key, { value, location }] of labels) {
    if (!/^traefik(?:\.|$)/i.test(key)) {
      const root = key.split(".")[0] ?? "";
      if (nearest(root, ["traefik"]) === "traefik")
        faults.add(location, `the label '${key}' is not Traefik's`, "begin it with 'traefik.'");
      continue;
    }
    if (!key.startsWith("traefik.")) {
      faults.add(
        location,
        `the label '${key}': Traefik takes no root but 'traefik' in small letters`,
        "begin it with 'traefik.'",
      );
      continue;
    }
    const twin = seen.get(key.toLowerCase());
    if (twin !== undefined) {
      faults.add(
        location,
        `the label '${key}' is the same as '${twin.key}' in line ${twin.location.line}: Traefik takes no notice of case`,
        "keep one of the two",
      );
      continue;
    }
    seen.set(key.toLowerCase(), { key, location });
    const steps = key.split(".").slice(1);
    if (steps.some((step) => step === "" || step.startsWith("["))) {
      faults.add(location, `the label '${key}' has an empty part`, "remove the stray dot or bracket");
      continue;
    }
    const path = follow(key, steps, value, location, faults);
    if (path === undefined) continue;
    if (path[0] === "http" && path[2] !== undefined) {
      const id = `${path[1]}.${path[2].toLowerCase()}`;
      const before = names.get(id);
      if (before !== undefined && before.name !== path[2]) {
        faults.add(
          location,
          `'${path[2]}' differs from '${before.name}' in line ${before.location.line} in case only: Traefik makes one of them`,
          "give each a name of its own, or write both alike",
        );
      } else names.set(id, { name: path[2], location });
    }
    leaves.push({ path, value, location });
  }
  return leaves;
}

/** Walks a label down the known shape. */
function follow(
  key: string,
  steps: readonly string[],
  value: string,
  location: SourceLocation,
  faults: FaultList,
): string[] | undefined {
  let section: LabelSection = labelShape;
  const path: string[] = [];
  for (const [index, step] of steps.entries()) {
    if (section["**"] !== undefined) return [...path, ...steps.slice(index)];
    const indexed: RegExpExecArray | null = /^([^[]+)\[\d+\]$/.exec(step);
    const name: string = indexed?.[1] ?? step;
    const known: LabelValue | LabelSection | undefined = section[name.toLowerCase()] ?? section["*"];
    if (known === undefined || name === itself) {
      unknownLabel(key, name, path, section, location, faults);
      return undefined;
    }
    path.push(section[name.toLowerCase()] === undefined ? name : name.toLowerCase());
    const last = index === steps.length - 1;
    if (typeof known === "string") {
      if (!last) {
        faults.add(
          location,
          `the label '${key}' goes on behind '${name}', which takes a value`,
          `end it with '${name}'`,
        );
        return undefined;
      }
      return checkValue(key, known, value, location, faults) ? path : undefined;
    }
    if (last) {
      const own = known[itself];
      if (typeof own === "string") return checkValue(key, own, value, location, faults) ? path : undefined;
      faults.add(location, `the label '${key}' ends where an option is due`, `go on with one of ${options(known)}`);
      return undefined;
    }
    const item: LabelValue | LabelSection | undefined = indexed === null ? undefined : known["[]"];
    section = typeof item === "object" ? item : known;
  }
  return path;
}

function unknownLabel(
  key: string,
  name: string,
  path: readonly string[],
  section: LabelSection,
  location: SourceLocation,
  faults: FaultList,
): void {
  const at = ["traefik", ...path].join(".");
  if (path.length === 0 && /^(?:tcp|udp|tls)$/i.test(name)) {
    faults.add(
      location,
      `the label '${key}' is not supported: the suite knows HTTP routers only`,
      "move it to a service that is not under test, or remove it",
    );
    return;
  }
  const near = nearest(
    name,
    Object.keys(section).filter((option) => option !== itself),
  );
  faults.add(
    location,
    `unknown label '${key}': '${name}' is no option of ${at}`,
    near === undefined ? `remove it, or write one of ${options(section)}` : `write '${at}.${near}'`,
  );
}

function options(section: LabelSection): string {
  const names = Object.keys(section).filter((option) => option !== itself);
  return names.includes("*") ? "a name of your own" : names.join(", ");
}

function checkValue(
  key: string,
  kind: LabelValue,
  value: string,
  location: SourceLocation,
  faults: FaultList,
): boolean {
  const refuse = (what: string, fix: string): false => {
    faults.add(location, `the label '${key}' ${what}`, fix);
    return false;
  };
  switch (kind) {
    case "bool":
      return isBool(value) || refuse("is neither true nor false", "write true or false");
    case "int":
      return /^[+-]?\d+$/.test(value) || refuse("is no whole number", "write a whole number");
    case "duration":
      return (
        /^(?:\d+|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/.test(value) ||
        refuse("is no duration", "write seconds, or a duration like 10s or 1m30s")
      );
    case "regexp":
    case "regexps": {
      for (const pattern of kind === "regexp" ? [value] : splitList(value)) {
        const problem = re2Problem(pattern);
        if (problem !== undefined)
          return refuse(`has a regexp that Go can't compile: ${problem}`, "write it in RE2's syntax");
      }
      return true;
    }
    case "ranges": {
      const wrong = splitList(value).find((range) => !isRange(range));
      return (
        wrong === undefined ||
        refuse(
          `holds '${wrong}', which is no address and no range`,
          "write an address like 192.0.2.1 or a range like 192.0.2.0/24",
        )
      );
    }
    case "any":
      return true;
    case "list":
    case "text":
      return value.trim() !== "" || refuse("is empty", "give it a value, or remove it");
  }
}

function group(leaves: readonly Leaf[], path: readonly string[]): Map<string, Leaf[]> {
  const groups = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const name = leaf.path[path.length];
    if (name === undefined || !path.every((step, index) => leaf.path[index] === step)) continue;
    const rest = { ...leaf, path: leaf.path.slice(path.length + 1) };
    // Names that differ in case are one to Traefik; that is a fault already.
    const known = [...groups.keys()].find((other) => other.toLowerCase() === name.toLowerCase()) ?? name;
    groups.set(known, [...(groups.get(known) ?? []), rest]);
  }
  return groups;
}

function readRouter(name: string, leaves: readonly Leaf[], faults: FaultList): TraefikRouter | undefined {
  const option = (wanted: string): Leaf | undefined => leaves.find(({ path }) => path.join(".") === wanted);
  const written = option("rule");
  if (written === undefined) {
    const location = leaves[0]?.location;
    if (location !== undefined) {
      faults.add(
        location,
        `the router '${name}' has no rule: Traefik would make one up from the container's name`,
        `add the label traefik.http.routers.${name}.rule`,
      );
    }
    return undefined;
  }
  const syntax = option("rulesyntax");
  if (syntax !== undefined && syntax.value.toLowerCase() !== "v3") {
    faults.add(
      syntax.location,
      `the router '${name}' uses the rule syntax '${syntax.value}'`,
      "write the rule in v3's syntax and remove this label",
    );
    return undefined;
  }
  let rule: Rule;
  try {
    rule = parseRule(written.value);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    faults.add(
      written.location,
      `the rule of the router '${name}' does not parse: column ${error.column}: ${error.message}`,
      error.fix,
    );
    return undefined;
  }
  const priority = Number(option("priority")?.value ?? 0);
  return {
    name,
    rule,
    ruleText: written.value,
    entryPoints: splitList(option("entrypoints")?.value ?? ""),
    middlewares: splitList(option("middlewares")?.value ?? ""),
    service: option("service")?.value,
    priority: priority === 0 ? Buffer.byteLength(written.value) : priority,
    tls: leaves.some(({ path, value }) => path[0] === "tls" && (path.length > 1 || isTrue(value))),
    location: written.location,
  };
}

function readMiddleware(name: string, leaves: readonly Leaf[], faults: FaultList): TraefikMiddleware | undefined {
  const kinds = [...new Set(leaves.map(({ path }) => path[0]))];
  const [first] = leaves;
  const kind = kinds[0];
  if (first === undefined || kind === undefined) return undefined;
  const other = leaves.find(({ path }) => path[0] !== kind);
  if (other !== undefined) {
    faults.add(
      other.location,
      `the middleware '${name}' is a '${kind}' (line ${first.location.line}) and a '${other.path[0]}': Traefik takes one kind each`,
      "make two middlewares of it and name both in the router",
    );
    return undefined;
  }
  return {
    name,
    kind,
    options: new Map(leaves.map(({ path, value, location }) => [path.slice(1).join("."), { value, location }])),
    location: first.location,
  };
}

function readService(name: string, leaves: readonly Leaf[]): TraefikService {
  const port = leaves.find(({ path }) => path.join(".") === "loadbalancer.server.port");
  const location = port?.location ?? leaves[0]?.location ?? { file: "", line: 1 };
  return { name, port: port === undefined ? undefined : Number(port.value), location };
}

/** A comma-separated label. */
function splitList(value: string): string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** As Go's strconv.ParseBool takes it. */
function isBool(value: string): boolean {
  return /^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value);
}

function isTrue(value: string): boolean {
  return /^(?:1|t|T|TRUE|true|True)$/.test(value);
}
