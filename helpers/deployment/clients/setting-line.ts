import { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import type { SourceFile } from "../source/source-file.ts";
import { parseToml } from "../source/toml-tree.ts";
import { parseYaml, type YamlEntry, type YamlNode } from "../source/yaml-tree.ts";

/** Finds the line of a setting, by its keys from the root of the file. */
export type FindSetting = (...path: readonly string[]) => SourceLocation;

/**
 * Finds the settings of a TOML file. A setting that the file lacks has the line next to which it can be added: the last setting of
 * its table, or the first line with a setting where it belongs above all tables.
 */
export function tomlSettings(source: SourceFile): FindSetting {
  return finder(source, parseToml(source, new FaultList()));
}

/** As {@link tomlSettings}, of a JSON file. */
export function jsonSettings(source: SourceFile): FindSetting {
  return finder(source, parseYaml(source, new FaultList(), "1.2"));
}

function finder(source: SourceFile, root: YamlNode | undefined): FindSetting {
  return (...path) => {
    let entry: YamlEntry | undefined;
    for (const key of path) {
      const node: YamlNode | undefined = entry === undefined ? root : entry.value;
      const next = node?.kind === "map" ? node.entries.get(key) : undefined;
      if (next === undefined) return placeIn(entry, root) ?? { file: source.file, line: 1 };
      entry = next;
    }
    return entry?.keyLocation ?? { file: source.file, line: 1 };
  };
}

/** Where a setting can be added to a table; to the root without one. */
function placeIn(table: YamlEntry | undefined, root: YamlNode | undefined): SourceLocation | undefined {
  if (table === undefined) return earliest(root?.kind === "map" ? [...root.entries.values()] : []);
  if (table.value.kind !== "map") return table.keyLocation;
  const own = [...table.value.entries.values()].filter(({ value }) => value.kind !== "map");
  return own.at(-1)?.keyLocation ?? table.keyLocation;
}

function earliest(entries: readonly YamlEntry[]): SourceLocation | undefined {
  return entries.map(({ keyLocation }) => keyLocation).sort((one, other) => one.line - other.line)[0];
}
