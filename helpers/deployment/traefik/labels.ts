import { nearest } from "../../core/text/nearest.ts";
import type { ComposeService, ComposeValue } from "../compose/types.ts";
import type { EditableEntry, EditableYaml } from "../source/editable-yaml.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import type { NewOption, OptionText, TraefikOption } from "./options.ts";
import { partOf } from "./options.ts";
import type { OptionSchema } from "./schema/generate.ts";
import { isSection, labelSchema, namesIn, problemOfValue, stepInto } from "./schema.ts";

/** Sections of labels whose parts have names. */
export type NamedSection = "routers" | "middlewares" | "services";

/** The names that labels use in a section, also in labels with faults: `traefik.http.routers.<name>.…`. */
export function namesInLabels(keys: Iterable<string>, section: NamedSection): Set<string> {
  const pattern = new RegExp(`^traefik\\.http\\.${section}\\.([^.]+)\\.`, "i");
  return new Set([...keys].flatMap((key) => pattern.exec(key)?.[1] ?? []));
}

/**
 * Reads a container's labels as Traefik 3 does. What Traefik refuses or ignores becomes a fault and is left out.
 *
 * @param text the compose file as written, for edits; without it no label can be edited
 */
export function readLabels(
  { name: service, labels }: Pick<ComposeService, "name" | "labels">,
  text: EditableYaml | undefined,
  faults: FaultList,
): TraefikOption[] {
  const options: TraefikOption[] = [];
  const seen = new Map<string, { key: string; location: SourceLocation }>();
  const names = new Map<string, { name: string; location: SourceLocation }>();
  for (const [key, label] of labels) {
    const { value, location } = label;
    if (!/^traefik(?:\.|$)/i.test(key)) {
      const root = key.split(".")[0] ?? "";
      if (nearest(root, ["traefik"]) === "traefik")
        faults.add(location, `the label '${key}' is not Traefik's`, "begin it with 'traefik.'");
      continue;
    }
    if (!key.startsWith("traefik.")) {
      faults.add(
        location,
        `the label '${key}': Traefik accepts the root 'traefik' in lower case only`,
        "begin it with 'traefik.'",
      );
      continue;
    }
    const twin = seen.get(key.toLowerCase());
    if (twin !== undefined) {
      faults.add(
        location,
        `the label '${key}' is the same as '${twin.key}' in line ${twin.location.line}: Traefik ignores case`,
        "keep one of the two",
      );
      continue;
    }
    seen.set(key.toLowerCase(), { key, location });
    const path = pathOf(key, label, faults);
    if (path === undefined) continue;
    checkCase(path, location, names, faults);
    options.push({ source: "label", path, key, value, location, service, text: textOf(key, label, text) });
  }
  return options;
}

/** Names that differ in case only are one to Traefik. */
function checkCase(
  path: readonly string[],
  location: SourceLocation,
  names: Map<string, { name: string; location: SourceLocation }>,
  faults: FaultList,
): void {
  const [root, section, name] = path;
  if (root !== "http" || name === undefined) return;
  const id = `${section}.${name.toLowerCase()}`;
  const before = names.get(id);
  if (before !== undefined && before.name !== name) {
    faults.add(
      location,
      `'${name}' differs from '${before.name}' in line ${before.location.line} in case only: Traefik treats the two as one`,
      "give each its own name, or write both alike",
    );
  } else names.set(id, { name, location });
}

/** Follows a label through Traefik's options; undefined when Traefik does not accept it. */
function pathOf(key: string, { value, location }: ComposeValue, faults: FaultList): string[] | undefined {
  const steps = key.split(".").slice(1);
  if (steps.some((step) => step === "" || step.startsWith("["))) {
    faults.add(location, `the label '${key}' has an empty part`, "remove the extra dot or bracket");
    return undefined;
  }
  const path: string[] = [];
  let section: OptionSchema = labelSchema;
  for (const [index, step] of steps.entries()) {
    // A plugin's options are its own.
    if (path[1] === "middlewares" && path[3] === "plugin") return [...path, ...steps.slice(index)];
    const next = stepInto(section, step);
    if (next === undefined) {
      reportUnknown(key, step, path, section, location, faults);
      return undefined;
    }
    path.push(next.name);
    section = next.schema;
    if (!isSection(section) && index < steps.length - 1) {
      faults.add(
        location,
        `the label '${key}' continues after '${step}', which takes a value`,
        `end it with '${step}'`,
      );
      return undefined;
    }
  }
  if (section.type === "object") {
    const known = namesIn(section)?.join(", ").toLowerCase();
    faults.add(
      location,
      `the label '${key}' ends with a section, an option was expected`,
      `continue with ${known === undefined ? "a name of your own" : `one of ${known}`}`,
    );
    return undefined;
  }
  const problem = problemOfValue(path, section, value);
  if (problem === undefined) return path;
  faults.add(location, `the label '${key}' ${problem.what}`, problem.fix);
  return undefined;
}

function reportUnknown(
  key: string,
  step: string,
  path: readonly string[],
  section: OptionSchema,
  location: SourceLocation,
  faults: FaultList,
): void {
  const at = ["traefik", ...path].join(".");
  const known = Object.keys(section.properties ?? {});
  const near = nearest(step, known);
  faults.add(
    location,
    `unknown label '${key}': '${step}' is not an option of ${at}`,
    near === undefined ? `remove it, or write one of ${known.join(", ")}` : `write '${at}.${near}'`,
  );
}

function textOf(key: string, { path }: ComposeValue, text: EditableYaml | undefined): OptionText | undefined {
  const entry = text?.at(...path);
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
