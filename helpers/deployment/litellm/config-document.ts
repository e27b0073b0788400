import { posix } from "node:path";
import { displayPath } from "../../core/text/display-path.ts";
import type { ComposeService } from "../compose/types.ts";
import { FaultList } from "../source/fault-list.ts";
import type { LiteralSecrets } from "../source/literal-secrets.ts";
import type { SourceLocation } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { readSource, SourceFile } from "../source/source-file.ts";
import { mapTexts, parseYaml, toPlain, type YamlEntry, type YamlMap } from "../source/yaml-tree.ts";
import { fileIn, mountedFile, templateOf } from "./container-file.ts";
import type { ConfigFile } from "./types.ts";
import { atLeast } from "./version.ts";

/** What reading the config's files needs. */
export interface DocumentContext {
  secrets: LiteralSecrets;
  version: string;
  faults: FaultList;
  notes: NoteList;
}

/** The config with everything that `include` adds. */
export interface ConfigDocument {
  /** As LiteLLM merges it. */
  root: YamlMap;
  /** In the order in which they are merged. */
  files: readonly ConfigFile[];
  /** The main file as written. */
  main: { source: SourceFile; root: YamlMap };
}

/** As many files as no config includes. */
const mostFiles = 50;

/**
 * Reads a config and the files that it includes, and merges them as LiteLLM does: lists are extended, any other value is
 * replaced as a whole. What LiteLLM refuses becomes a fault.
 */
export function readConfigDocument(
  service: ComposeService,
  config: { inContainer: string; location: SourceLocation },
  context: DocumentContext,
): ConfigDocument | undefined {
  const { version, faults } = context;
  const main = readFile(service, config.inContainer, context);
  if (main === undefined) return undefined;
  const files = [main.file];
  let root = main.root;
  const pending = includesOf(main.root, config.inContainer, faults);
  const loaded = new Set([config.inContainer]);
  for (let include = pending.shift(); include !== undefined; include = pending.shift()) {
    const inContainer = resolveInclude(service, include, config.inContainer, context);
    const { location } = include;
    if (loaded.has(inContainer) && atLeast(version, "1.106.2")) continue;
    if (loaded.has(inContainer) || loaded.size > mostFiles) {
      faults.add(
        location,
        `'${include.path}' is included again: LiteLLM ${version} never finishes reading`,
        "remove it",
      );
      return undefined;
    }
    loaded.add(inContainer);
    if (fileIn(service, inContainer, faults) === undefined) {
      const inMount = mountedFile(service, inContainer);
      faults.add(
        location,
        `the included file ${inContainer} is not in the container of '${service.name}'`,
        inMount === undefined
          ? `mount it there: include is relative to ${posix.dirname(include.declaredIn)}`
          : `write ${displayPath(inMount)}, or remove the line: its folder is mounted there, and lacks the file`,
      );
      return undefined;
    }
    const included = readFile(service, inContainer, context);
    if (included === undefined) return undefined;
    files.push(included.file);
    const merged = merge(root, included.root, version, faults);
    if (merged === undefined) return undefined;
    root = merged;
    pending.push(...includesOf(included.root, inContainer, faults));
  }
  return { root, files, main: { source: main.source, root: main.root } };
}

interface Include {
  path: string;
  declaredIn: string;
  location: SourceLocation;
}

function readFile(
  service: ComposeService,
  inContainer: string,
  { secrets, faults, notes }: DocumentContext,
): { file: ConfigFile; source: SourceFile; root: YamlMap } | undefined {
  const source = fileIn(service, inContainer, faults)?.source;
  if (source === undefined) return undefined;
  // PyYAML reads YAML 1.1 (`on` is true there), and takes the last of two equal keys.
  const parsed = parseYaml(source, faults, "1.1", (at, what) =>
    notes.add("finding", at, what, "LiteLLM reads the last one only, without a warning", "keep one of the two"),
  );
  if (parsed === undefined) return undefined;
  if (parsed.kind !== "map") {
    faults.add(parsed.location, "is not a mapping", "begin with model_list: and mcp_servers:");
    return undefined;
  }
  const root = mapTexts(parsed, (text) => secrets.text(text));
  if (root.kind !== "map") return undefined;
  const template = templateIn(service, inContainer);
  const file = {
    file: source.file,
    inContainer,
    document: plain(root),
    ...(template === undefined ? {} : { template }),
  };
  return { file, source, root };
}

/** The template of a file that a start script makes, as plain data. */
function templateIn(service: ComposeService, inContainer: string): Record<string, unknown> | undefined {
  const template = templateOf(service, inContainer);
  const source = template === undefined ? undefined : readSource(template, new FaultList(), "");
  if (source === undefined) return undefined;
  // `{ key: ${NAME} }` is YAML once its variable is replaced.
  const text = source.text.replaceAll(/\$\{(\w+)\}|\$(\w+)/g, "os.environ/$1$2");
  const root = parseYaml(new SourceFile(source.file, text), new FaultList(), "1.1", () => {});
  return root?.kind === "map" ? plain(root) : undefined;
}

function plain(root: YamlMap): Record<string, unknown> {
  return Object.fromEntries([...root.entries].map(([key, { value }]) => [key, toPlain(value)]));
}

function includesOf(root: YamlMap, declaredIn: string, faults: FaultList): Include[] {
  const entry = root.entries.get("include");
  if (entry === undefined) return [];
  const items = entry.value.kind === "list" ? entry.value.items : [];
  const texts = items.flatMap((item) =>
    item.kind === "scalar" && typeof item.value === "string"
      ? [{ path: item.value, declaredIn, location: item.location }]
      : [],
  );
  if (entry.value.kind !== "list" || texts.length !== items.length)
    faults.add(entry.keyLocation, "include is not a list of file names", "write include: [models.yaml]");
  return texts;
}

/** 1.77.1 looks next to the main config only; 1.106.2 next to the including file, then next to the main config. */
function resolveInclude(service: ComposeService, include: Include, main: string, context: DocumentContext): string {
  const nextTo = (file: string): string => posix.resolve(posix.dirname(file), include.path);
  if (!atLeast(context.version, "1.106.2")) return nextTo(main);
  const own = nextTo(include.declaredIn);
  return fileIn(service, own, context.faults) === undefined ? nextTo(main) : own;
}

function merge(base: YamlMap, included: YamlMap, version: string, faults: FaultList): YamlMap | undefined {
  const entries = new Map<string, YamlEntry>(base.entries);
  for (const [key, entry] of included.entries) {
    if (key === "include") continue;
    const before = entries.get(key);
    const isList = before?.value.kind === "list" && entry.value.kind === "list";
    if (before !== undefined && entry.value.kind === "list" && !isList && !atLeast(version, "1.106.2")) {
      faults.add(
        before.keyLocation,
        `${key} is not a list, and an included file has a list there: LiteLLM ${version} refuses to start`,
        "write a list, or remove the key here",
      );
      return undefined;
    }
    if (before?.value.kind === "list" && entry.value.kind === "list")
      entries.set(key, { ...before, value: { ...before.value, items: [...before.value.items, ...entry.value.items] } });
    else entries.set(key, entry);
  }
  entries.delete("include");
  return { ...base, entries };
}
