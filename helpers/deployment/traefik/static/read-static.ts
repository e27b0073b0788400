import { posix } from "node:path";
import type { ComposeService, ComposeValue } from "../../compose/types.ts";
import type { EditableYaml } from "../../source/editable-yaml.ts";
import { FaultList } from "../../source/fault-list.ts";
import type { NoteList } from "../../source/note-list.ts";
import { type ContainerFile, ContainerFiles } from "../container-files.ts";
import type { TraefikOption } from "../options.ts";
import { staticSchema } from "../schema.ts";
import { readEnvironment } from "./environment.ts";
import { readFlags } from "./flags.ts";
import { buildStatic, type StaticConfiguration, type StaticSource } from "./static.ts";
import { readStaticFile } from "./static-file.ts";
import { isVersionTwo, staticSchemaOfVersionTwo } from "./version-two.ts";

type Mount = ComposeService["mounts"][number];

/** What the static configuration is read with. */
export interface StaticReading {
  /** The deployment's folder, to which edits are relative. */
  folder: string;
  /** The compose file as written, for edits of values that do not know their own file. */
  text: EditableYaml | undefined;
  faults: FaultList;
  notes: NoteList;
}

/**
 * Reads Traefik's static configuration where Traefik looks for it. It takes one source only (cmd/traefik/traefik.go): a file,
 * else the flags, else the environment.
 */
export function readStatic(service: ComposeService, reading: StaticReading): StaticConfiguration {
  const { folder, text, faults, notes } = reading;
  const words = commandOf(service, notes);
  const named = configFileOf(words);
  const files = new ContainerFiles(service);
  const paths = [...(named === undefined ? [] : [named.value]), ...standardPaths(service)];
  const file = paths.flatMap((path) => files.find(path) ?? [])[0];
  // The first path counts at which something is, and docker makes a directory for a missing mount.
  const before = file === undefined ? paths : paths.slice(0, paths.indexOf(file.path));
  const missing = service.mounts.find(({ isAvailable, target }) => !isAvailable && before.includes(target));
  if (missing !== undefined) addMissingMount(missing, folder, faults);
  else if (named !== undefined && file?.path !== named.value) noteMissingFile(named, file, notes);
  if (named === undefined) noteConfigFileVariable(service, notes);

  const isOld = isVersionTwo(service);
  const schema = isOld ? staticSchemaOfVersionTwo : staticSchema;
  const build = (options: readonly TraefikOption[], source: StaticSource): StaticConfiguration =>
    buildStatic(options, source, {
      service: service.location,
      faults,
      ruleSyntax: isOld ? "v2" : "v3",
    });
  // What Traefik does not read it does not refuse either.
  const flags = readFlags({ key: service.key, commandWords: words }, text, {
    faults: file === undefined ? faults : new FaultList(),
    notes,
    schema,
  });
  const environment = readEnvironment(
    service,
    file === undefined && words.length === 0 ? faults : new FaultList(),
    schema,
  );
  const set = flags.filter(({ path }) => path.join(".") !== "configfile");
  const mayBeInDirectory = named !== undefined || (words.length === 0 && environment.length === 0);
  if (file === undefined && missing === undefined && mayBeInDirectory)
    addMissingDirectory(service, named === undefined ? paths : [named.value], folder, faults);
  if (file !== undefined) {
    noteIgnored([...set, ...environment], `the file ${file.path}`, notes);
    return build(readStaticFile(file, folder, { faults, notes, schema }), { kind: "file", file });
  }
  if (words.length > 0) {
    noteIgnored(environment, "the flags of its command", notes);
    return build(set, { kind: "flags" });
  }
  return build(environment, { kind: "environment" });
}

/** The words that Traefik gets, without its own name. */
function commandOf({ entrypoint = [], commandWords, location }: ComposeService, notes: NoteList): ComposeValue[] {
  const own: ComposeValue[] = entrypoint.map((value) => ({ value, location, path: [] }));
  const words = [...own, ...commandWords];
  const [first] = words;
  if (first === undefined || first.value.startsWith("-")) return words;
  if (/(?:^|\/)(?:traefik|entrypoint\.sh)$/.test(first.value)) {
    const rest = words.slice(1);
    return rest[0]?.value === "traefik" ? rest.slice(1) : rest;
  }
  notes.add(
    "not-proved",
    first.location,
    `Traefik is started by '${first.value}'`,
    "the suite starts Traefik itself, with the options that stand in its static file or environment",
    "give Traefik its options as flags, as variables or in its static file",
  );
  return [];
}

function configFileOf(words: readonly ComposeValue[]): ComposeValue | undefined {
  const index = words.findLastIndex(({ value }) => /^--?configfile(?:=|$)/i.test(value));
  const word = words[index];
  if (word === undefined) return undefined;
  const equals = word.value.indexOf("=");
  if (equals !== -1) return { ...word, value: word.value.slice(equals + 1) };
  const following = words[index + 1];
  return following === undefined ? undefined : { ...word, value: following.value };
}

/** Where Traefik looks by itself, in its order (pkg/cli/loader_file.go). Its image has the working directory `/`. */
function standardPaths({ environment, workingDir = "/" }: ComposeService): string[] {
  const home = environment.get("HOME")?.value ?? "/root";
  const config = environment.get("XDG_CONFIG_HOME")?.value ?? "";
  const bases = ["/etc/traefik/traefik", `${config}/traefik`, `${home}/.config/traefik`, `${workingDir}/traefik`];
  return bases.flatMap((base) => ["toml", "yaml", "yml"].map((extension) => `${base}.${extension}`));
}

/** Without it Traefik has none of its entry points and providers: nothing true can be said of what it serves. */
function addMissingMount({ source, target, location }: Mount, folder: string, faults: FaultList): void {
  const shown = source.startsWith(`${folder}/`) ? `.${source.slice(folder.length)}` : source;
  faults.add(
    location,
    `Traefik's static file '${target}' is mounted from '${shown}', which is missing`,
    `write the file, or add '${shown}: ./COPY' under 'files:' in policy.yaml`,
  );
}

/** As {@link addMissingMount}, for a directory of the host that may have the static file: Traefik gets no option from elsewhere. */
function addMissingDirectory(
  { mounts }: ComposeService,
  paths: readonly string[],
  folder: string,
  faults: FaultList,
): void {
  const holds = ({ target }: Mount): boolean => paths.some((path) => posix.dirname(path) === posix.normalize(target));
  const missing = mounts.find((mount) => mount.kind === "bind" && !mount.isAvailable && holds(mount));
  if (missing === undefined) return;
  const shown = missing.source.startsWith(`${folder}/`) ? `.${missing.source.slice(folder.length)}` : missing.source;
  faults.add(
    missing.location,
    `Traefik's static file is looked for in the directory ${missing.target}, which is mounted from '${shown}', and that is missing`,
    `write the directory, or add '${shown}: ./COPY' under 'files:' in policy.yaml`,
  );
}

function noteMissingFile(named: ComposeValue, found: ContainerFile | undefined, notes: NoteList): void {
  notes.add(
    found === undefined ? "not-proved" : "finding",
    named.location,
    `Traefik's static file '${named.value}' is in nothing that the deployment brings into its container`,
    found === undefined
      ? "what the image may have there is unknown to the run"
      : `Traefik looks elsewhere, and takes ${found.path}`,
    "mount the file there, or fix the path",
  );
}

function noteConfigFileVariable({ environment }: ComposeService, notes: NoteList): void {
  const variable = environment.get("TRAEFIK_CONFIGFILE");
  if (variable === undefined) return;
  notes.add(
    "finding",
    variable.location,
    "TRAEFIK_CONFIGFILE is set",
    "Traefik reads the name of its static file from the flag --configFile only",
    `add --configFile=${variable.value} to its command`,
  );
}

/** One note for all options that Traefik does not read: they often stand side by side. */
function noteIgnored(options: readonly TraefikOption[], taken: string, notes: NoteList): void {
  const [first] = options;
  if (first === undefined) return;
  const shown = first.source === "flag" ? `--${first.key}` : first.key;
  const others = options.length === 1 ? "" : ` (and ${options.length - 1} more)`;
  notes.add(
    "finding",
    first.location,
    `the option ${shown}${others} has no effect`,
    `Traefik takes its static configuration from one source only, here from ${taken}`,
    "move it there, or remove it",
  );
}
