import { extname } from "node:path";
import { stringify } from "smol-toml";
import { FaultList } from "../../../../helpers/deployment/source/fault-list.ts";
import { parseToml } from "../../../../helpers/deployment/source/toml-tree.ts";
import {
  isPlainMapping,
  type PlainMapping,
  parseYaml,
  toPlain,
} from "../../../../helpers/deployment/source/yaml-tree.ts";
import { readContainerFile } from "../../../../helpers/deployment/traefik/container-files.ts";
import { formatFlag } from "../../../../helpers/deployment/traefik/static/flags.ts";
import type { StaticConfiguration } from "../../../../helpers/deployment/traefik/static/static.ts";
import type { PartFile } from "../../part.ts";
import type { StaticChange } from "./static-change.ts";

/** The static configuration of a run, in the form in which the operator gives it. */
export type StaticOutput = { command: string[] } | { file: PartFile };

/**
 * Applies changes to the static configuration. A file stays a file, flags stay flags; variables become flags, because
 * Traefik's names do not survive in them.
 */
export function staticOutput(configuration: StaticConfiguration, changes: readonly StaticChange[]): StaticOutput {
  const { source } = configuration;
  if (source.kind !== "file") return { command: flagsOf(configuration, changes) };
  const written = readContainerFile(source.file);
  const isToml = extname(source.file.path).toLowerCase() === ".toml";
  const root = written && (isToml ? parseToml : parseYaml)(written, new FaultList());
  const document = root === undefined ? {} : toPlain(root);
  const plain = isPlainMapping(document) ? document : {};
  for (const { option, value } of changes) setIn(plain, option.split("."), value);
  const content = isToml ? stringify(withoutNull(plain)) : JSON.stringify(plain, null, 2);
  return { file: { target: source.file.path, content } };
}

function flagsOf({ options }: StaticConfiguration, changes: readonly StaticChange[]): string[] {
  const own = options.filter(({ path }) => {
    const name = path.join(".").toLowerCase();
    return !changes.some(({ option, value }) => {
      const changed = option.toLowerCase();
      return name === changed || (value === undefined && name.startsWith(`${changed}.`));
    });
  });
  const set = changes.flatMap(({ option, value }) => (value === undefined ? [] : [formatFlag(option, value)]));
  return [
    ...own.map(({ source, path, key, value }) => formatFlag(source === "flag" ? key : path.join("."), value)),
    ...set,
  ];
}

/** Sets or drops a value below a mapping; names that are there are found without regard to case, as Traefik does. */
function setIn(mapping: PlainMapping, [step = "", ...rest]: readonly string[], value: string | undefined): void {
  const key = Object.keys(mapping).find((name) => name.toLowerCase() === step.toLowerCase()) ?? step;
  const below = mapping[key];
  if (rest.length === 0) {
    if (value === undefined) delete mapping[key];
    else mapping[key] = value;
    return;
  }
  if (isPlainMapping(below)) setIn(below, rest, value);
  else if (value !== undefined) {
    const made: PlainMapping = {};
    mapping[key] = made;
    setIn(made, rest, value);
  }
  // Traefik refuses some sections that are empty.
  if (value === undefined && isPlainMapping(below) && Object.keys(below).length === 0) delete mapping[key];
}

/** TOML has no null; Traefik skips it. */
function withoutNull(value: PlainMapping): PlainMapping {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, own]) => {
      if (own === null) return [];
      return [[key, isPlainMapping(own) ? withoutNull(own) : own]];
    }),
  );
}
