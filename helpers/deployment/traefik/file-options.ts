import { suggest } from "../../core/text/nearest.ts";
import type { EditableYaml } from "../source/editable-yaml.ts";
import type { SourceLocation } from "../source/location.ts";
import type { EditableValue, TextChange } from "../source/text-edit.ts";
import type { YamlNode, YamlPath } from "../source/yaml-tree.ts";
import type { OptionSource, OptionText, TraefikOption } from "./options.ts";
import type { OptionSchema } from "./schema/generate.ts";
import { isSection, namesIn, problemOfValue, stepInto } from "./schema.ts";

/** How the options of a file are read. */
export interface FileReading {
  source: OptionSource;
  schema: OptionSchema;
  /** The file as written, for edits; undefined where it can't be edited. */
  editable: EditableYaml | undefined;
  /** Maps a change of the text that was read to a change of the file as written. */
  inFile?: ((change: TextChange) => TextChange) | undefined;
  /** Called for what Traefik refuses: then it takes nothing of the file. */
  refused(location: SourceLocation, what: string, fix: string): void;
  /** Called for a section at the top level that Traefik does not know, and ignores. */
  ignored(location: SourceLocation, name: string): void;
}

/**
 * The options of a YAML or TOML file, as Traefik decodes it (paerser, file/raw_node.go and parser/nodes_metadata.go): names
 * without regard to case, sections at the top level that it does not know are ignored, any other unknown name is refused.
 */
export function optionsOfFile(root: YamlNode, reading: FileReading): TraefikOption[] {
  if (root.kind !== "map") {
    reading.refused(root.location, "is not a mapping of names to values", "write it as Traefik's documentation shows");
    return [];
  }
  return [...new FileReader(reading).map(root, reading.schema, [], [])];
}

class FileReader {
  readonly #reading: FileReading;

  constructor(reading: FileReading) {
    this.#reading = reading;
  }

  *map(
    node: YamlNode & { kind: "map" },
    section: OptionSchema,
    path: readonly string[],
    written: YamlPath,
  ): Generator<TraefikOption> {
    for (const [key, { value, keyLocation }] of node.entries) {
      // Traefik skips what has no value.
      if (value.kind === "scalar" && value.value === null) continue;
      const isRaw = path[1] === "middlewares" && path[3] === "plugin";
      const step = isRaw ? { name: key, schema: anything } : stepInto(section, key);
      if (step !== undefined) {
        // A part that the operator names may be empty, and so may a section that is also a switch.
        const isOwn = section.properties?.[key.toLowerCase()] === undefined;
        const mayBeEmpty = isOwn || typeof step.schema.type === "object";
        yield* this.#value(value, { ...step, mayBeEmpty }, [...path, step.name], [...written, key], keyLocation);
      } else if (path.length === 0) this.#reading.ignored(keyLocation, key);
      else {
        const known = namesIn(section) ?? [];
        const named = nameOf([...written, key]);
        const otherwise = known.length === 0 ? "remove it" : `remove it, or write one of ${known.join(", ")}`;
        this.#reading.refused(keyLocation, `unknown option '${named}'`, suggest(key, known, otherwise));
      }
    }
  }

  *#value(
    node: YamlNode,
    { schema, mayBeEmpty }: { schema: OptionSchema; mayBeEmpty: boolean },
    path: readonly string[],
    written: YamlPath,
    location: SourceLocation,
  ): Generator<TraefikOption> {
    if (node.kind === "map") {
      if (node.entries.size === 0) yield this.#emptySection(mayBeEmpty, path, written, location);
      else yield* this.map(node, schema, path, written);
      return;
    }
    if (node.kind === "list") {
      const scalars: string[] = [];
      for (const [index, item] of node.items.entries()) {
        const name = `${path.at(-1) ?? ""}[${index}]`;
        if (item.kind === "map")
          yield* this.map(item, schema.items ?? schema, [...path.slice(0, -1), name], [...written, index]);
        else if (item.kind === "scalar") scalars.push(plainText(item.value));
      }
      const hasMaps = node.items.some(({ kind }) => kind === "map");
      if (!hasMaps) yield this.#option(path, written, scalars.join(","), location, undefined);
      return;
    }
    const text = plainText(node.value);
    const problem = isSection(schema) ? undefined : problemOfValue(path, schema, text);
    if (problem !== undefined)
      this.#reading.refused(node.location, `the option '${nameOf(written)}' ${problem.what}`, problem.fix);
    yield this.#option(path, written, text, location, this.#textOf(written));
  }

  #emptySection(
    mayBeEmpty: boolean,
    path: readonly string[],
    written: YamlPath,
    location: SourceLocation,
  ): TraefikOption {
    if (!mayBeEmpty && this.#reading.source === "file-provider") {
      this.#reading.refused(
        location,
        `the section '${nameOf(written)}' is empty`,
        "give it an option, or remove it: Traefik refuses a file with an empty section",
      );
    }
    return this.#option(path, written, "true", location, undefined);
  }

  #option(
    path: readonly string[],
    written: YamlPath,
    value: string,
    location: SourceLocation,
    text: OptionText | undefined,
  ): TraefikOption {
    return { source: this.#reading.source, path, key: nameOf(written), value, location, service: undefined, text };
  }

  #textOf(written: YamlPath): OptionText | undefined {
    const { editable, inFile = (change: TextChange) => change } = this.#reading;
    const entry = editable?.at(...written);
    if (entry?.value === undefined) return undefined;
    const { value } = entry;
    const own: EditableValue = {
      text: value.text,
      replace: (text) => inFile(value.replace(text)),
      replacePart: (start, end, text) => inFile(value.replacePart(start, end, text)),
    };
    return {
      written: `${String(written.at(-1))}: ${value.text}`,
      value: own,
      remove: () => {
        const change = entry.remove();
        return change && inFile(change);
      },
      addAfter: () => undefined,
    };
  }
}

/** Any option below a plugin's name: its schema is the plugin's own. */
const anything: OptionSchema = { type: "object" };

function nameOf(written: YamlPath): string {
  return written.reduce<string>(
    (name, step) => (typeof step === "number" ? `${name}[${step}]` : name === "" ? step : `${name}.${step}`),
    "",
  );
}

function plainText(value: string | number | boolean | null): string {
  return value === null ? "" : String(value);
}
