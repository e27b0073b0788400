import type { EditableYaml } from "../source/editable-yaml.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import { locationOf, type YamlNode } from "../source/yaml-tree.ts";
import { shellWords } from "./shell-words.ts";
import type { ComposeValue } from "./types.ts";

/** Where a value of the compose file is, and where its faults go. */
export interface ValueContext {
  /** The value's path, for messages: `services.litellm.command`. */
  within: string;
  path: ComposeValue["path"];
  /** The compose file as written. */
  yaml: EditableYaml;
  faults: FaultList;
}

/**
 * A command or an entry point as words, each with its location; undefined without one.
 *
 * @param data the same value as plain data
 */
export function readWords(
  node: YamlNode | undefined,
  data: string | readonly (string | number | boolean)[] | null | undefined,
  { within, path, yaml, faults }: ValueContext,
): ComposeValue[] | undefined {
  if (node === undefined || data === undefined || data === null) return undefined;
  if (typeof data !== "string") {
    return data.map((value, index) => ({
      value: String(value),
      location: locationOf(node, [index]),
      path: [...path, index],
      yaml,
    }));
  }
  try {
    return shellWords(data).map((value) => ({ value, location: lineOfWord(node, value), path, yaml }));
  } catch (error) {
    faults.add(
      node.location,
      `${within}: ${error instanceof Error ? error.message : String(error)}`,
      "close the quote",
    );
    return undefined;
  }
}

/**
 * A list of `NAME=value`, or a mapping. Outside of labels a name without a value is a fault: compose would take the value
 * from the shell.
 */
export function readPairs(
  node: YamlNode | undefined,
  { within, path, yaml, faults }: ValueContext,
): Map<string, ComposeValue> {
  const pairs = new Map<string, ComposeValue>();
  if (node?.kind === "map") {
    for (const [key, { keyLocation, value }] of node.entries) {
      if (value.kind !== "scalar") continue;
      if (value.value === null && !within.endsWith("labels")) {
        faults.add(
          keyLocation,
          `${within}.${key} has no value: compose would take it from the shell`,
          `write ${key}: \${${key}}, or ${key}: "" for an empty value`,
        );
        continue;
      }
      pairs.set(key, { value: String(value.value ?? ""), location: keyLocation, path: [...path, key], yaml });
    }
  } else if (node?.kind === "list") {
    for (const [index, item] of node.items.entries()) {
      if (item.kind !== "scalar") continue;
      const written = String(item.value);
      const equals = written.indexOf("=");
      const key = equals === -1 ? written : written.slice(0, equals);
      const before = pairs.get(key);
      if (before !== undefined) {
        faults.add(
          item.location,
          `'${key}' is set a second time (first in line ${before.location.line})`,
          "keep one of the two: only the last one counts",
        );
      }
      if (equals === -1 && !within.endsWith("labels")) {
        faults.add(
          item.location,
          `${within}: ${key} has no value: compose would take it from the shell`,
          `write ${key}=\${${key}}`,
        );
        continue;
      }
      pairs.set(key, {
        value: equals === -1 ? "" : written.slice(equals + 1),
        location: item.location,
        path: [...path, index],
        yaml,
      });
    }
  }
  return pairs;
}

/** A command that is one text may span several lines. */
function lineOfWord(node: YamlNode, word: string): SourceLocation {
  if (node.kind !== "scalar") return node.location;
  const { source, start, end } = node.span;
  const offset = source.text.indexOf(word, start);
  return offset === -1 || offset >= end ? node.location : { file: source.file, line: source.lineAt(offset) };
}
