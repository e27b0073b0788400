import { nearest } from "../../../core/text/nearest.ts";
import type { ComposeValue } from "../../compose/types.ts";
import type { EditableEntry, EditableYaml } from "../../source/editable-yaml.ts";
import type { SourceLocation } from "../../source/location.ts";
import type { NewOption, OptionText, TraefikOption } from "../options.ts";
import { partOf } from "../options.ts";
import type { ProblemList } from "../problems.ts";
import type { OptionSchema } from "../schema/generate.ts";
import { fileSchema, isSection, labelSchema, namesIn, problemOfValue, stepInto } from "../schema.ts";
import type { ProviderName } from "./dynamic.ts";

/** Sections of labels whose parts have names. */
export type NamedSection = "routers" | "middlewares" | "services";

/** The names that labels use in a section, also in labels with faults: `traefik.http.routers.<name>.…`. */
export function namesInLabels(keys: Iterable<string>, section: NamedSection): Set<string> {
  const pattern = new RegExp(`^traefik\\.http\\.${section}\\.([^.]+)\\.`, "i");
  return new Set([...keys].flatMap((key) => pattern.exec(key)?.[1] ?? []));
}

/** What a container's labels are read with. */
export interface LabelReading {
  provider: ProviderName;
  /** The compose file as written, for edits of labels that do not know their own file; without it they can't be edited. */
  text: EditableYaml | undefined;
  problems: ProblemList;
}

/** The labels of a container as Traefik reads them. */
export interface ReadLabels {
  options: readonly TraefikOption[];
  /** Whether Traefik refuses all of them because of one. */
  areRefused: boolean;
}

/** Reads a container's labels as Traefik 3 does. What it refuses or ignores becomes a problem. */
export function readLabels(
  service: string,
  labels: ReadonlyMap<string, ComposeValue>,
  { provider, text, problems }: LabelReading,
): ReadLabels {
  const reader = new LabelReader(service, provider, problems);
  const options: TraefikOption[] = [];
  for (const [key, label] of labels) {
    const { value, location } = label;
    if (!reader.isTraefiks(key, location)) continue;
    const path = reader.pathOf(key, label);
    if (path === undefined) continue;
    reader.checkCase(path, location);
    options.push({ source: "label", path, key, value, location, service, text: textOf(key, label, text) });
  }
  return { options, areRefused: reader.areRefused };
}

class LabelReader {
  areRefused = false;
  readonly #service: string;
  readonly #provider: ProviderName;
  readonly #problems: ProblemList;
  readonly #seen = new Map<string, { key: string; location: SourceLocation }>();
  readonly #names = new Map<string, { name: string; location: SourceLocation }>();

  constructor(service: string, provider: ProviderName, problems: ProblemList) {
    this.#service = service;
    this.#provider = provider;
    this.#problems = problems;
  }

  /** Whether Traefik reads a label, and not another one of the same name. */
  isTraefiks(key: string, location: SourceLocation): boolean {
    if (!/^traefik(?:\.|$)/i.test(key)) {
      const root = key.split(".")[0] ?? "";
      if (nearest(root, ["traefik"]) === "traefik")
        this.#ignored(location, `the label '${key}' is not Traefik's`, "begin it with 'traefik.'");
      return false;
    }
    if (!key.startsWith("traefik.")) {
      this.#ignored(
        location,
        `the label '${key}': Traefik accepts the root 'traefik' in lower case only`,
        "begin it with 'traefik.'",
      );
      return false;
    }
    const twin = this.#seen.get(key.toLowerCase());
    this.#seen.set(key.toLowerCase(), twin ?? { key, location });
    if (twin === undefined) return true;
    this.#problems.add(
      { kind: "nothing" },
      location,
      `the label '${key}' is the same as '${twin.key}' in line ${twin.location.line}: Traefik ignores case`,
      "one of the two has no effect",
      "keep one of the two",
    );
    return false;
  }

  /** Names that differ in case only are one to Traefik. */
  checkCase(path: readonly string[], location: SourceLocation): void {
    const [root, section, name] = path;
    if (root !== "http" || name === undefined) return;
    const id = `${section}.${name.toLowerCase()}`;
    const before = this.#names.get(id);
    if (before !== undefined && before.name !== name) {
      this.#problems.add(
        { kind: "nothing" },
        location,
        `'${name}' differs from '${before.name}' in line ${before.location.line} in case only`,
        "Traefik treats the two as one",
        "give each its own name, or write both alike",
      );
    } else this.#names.set(id, { name, location });
  }

  /** Follows a label through Traefik's options; undefined when Traefik does not accept it. */
  pathOf(key: string, { value, location }: ComposeValue): string[] | undefined {
    const steps = key.split(".").slice(1);
    if (steps.some((step) => step === "" || step.startsWith("["))) {
      return this.#refused(location, `the label '${key}' has an empty part`, "remove the extra dot or bracket");
    }
    const path: string[] = [];
    let section: OptionSchema = labelSchema;
    for (const [index, step] of steps.entries()) {
      // A plugin's options are its own.
      if (path[1] === "middlewares" && path[3] === "plugin") return [...path, ...steps.slice(index)];
      const next = stepInto(section, step);
      if (next === undefined) return this.#unknown(key, step, path, section, location);
      path.push(next.name);
      section = next.schema;
      if (!isSection(section) && index < steps.length - 1) {
        return this.#refused(
          location,
          `the label '${key}' continues after '${step}', which takes a value`,
          `end it with '${step}'`,
        );
      }
    }
    if (section.type === "object") {
      const known = namesIn(section)?.join(", ").toLowerCase();
      return this.#refused(
        location,
        `the label '${key}' ends with a section, an option was expected`,
        `continue with ${known === undefined ? "a name of your own" : `one of ${known}`}`,
      );
    }
    const problem = problemOfValue(path, section, value);
    if (problem === undefined) return path;
    // Traefik itself takes an empty text.
    if (problem.what === "is empty") {
      this.#ignored(location, `the label '${key}' ${problem.what}`, problem.fix);
      return undefined;
    }
    if (/regexp|address/.test(problem.what)) {
      const scope = { kind: "middleware", name: `${path[2]}@${this.#provider}` } as const;
      const effect = "Traefik disables the middleware, and every router that uses it";
      this.#problems.add(scope, location, `the label '${key}' ${problem.what}`, effect, problem.fix);
      return path;
    }
    return this.#refused(location, `the label '${key}' ${problem.what}`, problem.fix);
  }

  #unknown(
    key: string,
    step: string,
    path: readonly string[],
    section: OptionSchema,
    location: SourceLocation,
  ): undefined {
    const at = ["traefik", ...path].join(".");
    const known = Object.keys(section.properties ?? {});
    const near = nearest(step, known);
    const what = `unknown label '${key}': '${step}' is not an option of ${at}`;
    const fix = near === undefined ? `remove it, or write one of ${known.join(", ")}` : `write '${at}.${near}'`;
    // Traefik looks only at the sections that it knows, and ignores in labels what only files may have.
    if (path.length === 0 || isOfFiles([...path, step])) this.#ignored(location, what, fix);
    else this.#refused(location, what, fix);
  }

  #refused(location: SourceLocation, what: string, fix: string): undefined {
    this.areRefused = true;
    const effect = `Traefik refuses every label of '${this.#service}' because of it, and logs that`;
    this.#problems.add({ kind: "source", source: this.#service }, location, what, effect, fix);
  }

  #ignored(location: SourceLocation, what: string, fix: string): void {
    this.#problems.add({ kind: "source", source: this.#service }, location, what, "Traefik ignores it", fix);
  }
}

/** Whether files of the file provider may have an option. */
function isOfFiles(path: readonly string[]): boolean {
  let section = fileSchema;
  for (const step of path) {
    const next = stepInto(section, step);
    if (next === undefined) return false;
    section = next.schema;
  }
  return true;
}

function textOf(key: string, { path, yaml }: ComposeValue, text: EditableYaml | undefined): OptionText | undefined {
  const entry = (yaml ?? text)?.at(...path);
  if (entry?.value === undefined) return undefined;
  const { value } = entry;
  const inList = typeof path.at(-1) === "number";
  const equals = value.text.indexOf("=");
  if (inList && equals === -1) return undefined;
  return {
    written: inList ? value.text : `${key}: ${value.text}`,
    value: inList ? partOf(value, equals + 1, value.text.length) : value,
    remove: () => entry.remove(),
    addAfter: (options) => entry.addAfter(options.map((option) => labelLine(entry, option))),
  };
}

/** A label as a line of the compose file, in the form that the operator uses. */
function labelLine({ path }: EditableEntry, { key, value }: NewOption): string {
  return typeof path.at(-1) === "number"
    ? `- ${JSON.stringify(`${key}=${value}`)}`
    : `${key}: ${JSON.stringify(value)}`;
}
