import { posix } from "node:path";
import type { ComposeService } from "../compose/types.ts";
import { noteIdlePort } from "../services/litellm-port.ts";
import { EditableYaml } from "../source/editable-yaml.ts";
import { FaultList } from "../source/fault-list.ts";
import type { LiteralSecrets } from "../source/literal-secrets.ts";
import type { Written } from "../source/location.ts";
import { NoteList } from "../source/note-list.ts";
import { readShape } from "../source/shape.ts";
import { readSource, SourceFile } from "../source/source-file.ts";
import { locationOf, mapTexts, nodeAt, parseYaml, toPlain, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import { readConfigDocument } from "./config-document.ts";
import { findLiteLLMConfig } from "./config-file.ts";
import { modelShape } from "./config-shape.ts";
import { fileIn, templateOf, textInContainer } from "./container-file.ts";
import { checkCustomAuth } from "./custom-auth.ts";
import { namedDatabase } from "./database.ts";
import { missingDocker } from "./docker-client.ts";
import { checkProviders, checkSections } from "./findings.ts";
import { noteHiddenEntryScript } from "./hidden-entry-script.ts";
import { readMasterKey } from "./master-key.ts";
import { noteModelHealth } from "./model-health.ts";
import { noteProvider, noteProviders } from "./openai-providers.ts";
import { checkReferences, resolveReference } from "./references.ts";
import { noteMadeConfig } from "./start/made-config.ts";
import { startCommand } from "./start/start-command.ts";
import { readStartModel, withStartModel } from "./start-model.ts";
import { startsStdio } from "./stdio-commands.ts";
import type { ConfigFinding, ConfigPlaceholder, LiteLLMConfig } from "./types.ts";
import { noteUnreadFiles } from "./unread-files.ts";
import { readUpstreams } from "./upstreams.ts";
import type { RunningVersion } from "./version.ts";

/** LiteLLM's config, read. */
export interface ReadLiteLLM {
  config: LiteLLMConfig;
  /** The main file as written, for edits; undefined without a config. */
  text: EditableYaml | undefined;
}

/** What reading LiteLLM's config needs of the rest of the deployment. */
export interface LiteLLMContext extends RunningVersion {
  /** Absolute path of the deployment's folder. */
  folder: string;
  secrets: LiteralSecrets;
  /** Compose secret to the value that replaces it, or that takes the place of one made outside of compose. */
  replacements: ReadonlyMap<string, string>;
  /** False when an env file could not be read: then no variable counts as unset. */
  variablesKnown: boolean;
  faults: FaultList;
  notes: NoteList;
}

/**
 * Reads LiteLLM's config as LiteLLM does. What it refuses becomes a fault; what it ignores or misreads becomes a finding.
 *
 * @returns undefined when the config can't be read
 */
export function readLiteLLMConfig(service: ComposeService, context: LiteLLMContext): ReadLiteLLM | undefined {
  const { folder, version, fixOfGuess, faults, notes, variablesKnown } = context;
  const start = startCommand(service, (inContainer) => textInContainer(service, inContainer, context));
  const found = findLiteLLMConfig(service, start, { folder, faults, notes });
  noteIdlePort(service, notes);
  if (found === undefined) return undefined;
  const gap = found !== "none" && "state" in found ? found : undefined;
  const named = found === "none" || "state" in found ? undefined : found;
  const document = named === undefined ? undefined : readConfigDocument(service, named, context);
  if (named !== undefined && document === undefined) return undefined;
  const nowhere = service.location;
  const root: YamlMap = document?.root ?? emptyConfig(service);
  const { environment } = start;
  const scripts = startScripts(service, (inContainer) => textInContainer(service, inContainer, context));
  const isFilledIn = (mark: string): boolean => scripts.includes(mark);
  checkSections(root, { faults, notes });
  checkProviders(root, notes);
  noteProviders(root, notes);
  // Without the env file every variable would seem unset.
  const unknown = variablesKnown ? { faults, notes } : { faults: new FaultList(), notes: new NoteList() };
  const serverFindings = new Map<string, ConfigFinding>();
  const placeholders: ConfigPlaceholder[] = [];
  checkReferences(root, {
    environment,
    service: service.name,
    version,
    ...unknown,
    serverFindings,
    placeholders,
    isFilledIn,
  });
  const resolved = mapTexts(root, (text) => resolveReference(text, environment) ?? text);

  const customAuth = scalarText(root, "general_settings", "custom_auth");
  // The master key and the servers may be in a config that is not to be read.
  const isRead = gap?.state !== "unknown";
  // What is missing then is in the config that LiteLLM does not read, which is a finding of its own.
  const hasOwnFinding = gap?.state === "unread";
  const inConfig = isRead ? unknown : { faults: new FaultList(), notes: new NoteList() };
  const masterKey = readMasterKey(root, environment, { version, fixOfGuess, nowhere, gap, ...inConfig });
  const customAuthFile =
    customAuth !== undefined && named !== undefined
      ? checkCustomAuth(customAuth, root, service, { config: named, environment, version, faults, notes })
      : undefined;
  const textIn = (path: string): string | undefined =>
    fileIn(service, posix.resolve(service.workingDir ?? "/app", path), new FaultList())?.source?.text;
  const servers = readUpstreams(root, resolved, { version, fixOfGuess, environment, textIn, faults, notes });
  const upstreams = servers.upstreams.map((upstream) => {
    const finding =
      upstream.transport === "stdio" ? missingDocker(upstream, { service, scripts, environment }) : undefined;
    if (finding === undefined) return upstream;
    notes.add("finding", finding.location, finding.what, finding.why, finding.fix, "stops");
    serverFindings.set(upstream.name, finding);
    return { ...upstream, cannotStart: finding.why };
  });
  const listed = readModels(resolved, faults);
  const startModel = readStartModel(start, listed, notes);
  if (startModel !== undefined) noteProvider(startModel, notes);
  noteOtherDatabase(environment, notes);
  // A script of the operator's may read the files.
  if (service.entrypoint === undefined) noteUnreadFiles(environment, notes);
  noteHiddenEntryScript(service, version, notes);
  noteModelHealth(service, root, notes);
  if (named !== undefined) noteMadeConfig(service, named.inContainer, notes);
  if (isRead && !hasOwnFinding)
    reportNoServers(root, servers.upstreams.length + servers.unusable.length, environment, service, notes);
  return {
    config: {
      file: document?.main.source.file ?? nowhere.file,
      files: document?.files ?? [],
      gap,
      document: withStartModel(plainMap(root), startModel),
      texts: textsOf(root, []),
      sections: new Map([...root.entries].map(([name, { keyLocation }]) => [name, keyLocation])),
      placeholders,
      environment,
      version,
      models: startModel === undefined ? listed : [...listed, startModel],
      startModel,
      upstreams,
      unusableServers: servers.unusable,
      serverFindings,
      startsStdio: startsStdio(version, environment),
      separator: servers.separator,
      masterKey: masterKey.key,
      admitsEveryone: masterKey.admitsEveryone,
      customAuth,
      customAuthFile,
    },
    text: document && named && editable(service, named.inContainer, document.main, folder),
  };
}

/** The texts of a container's start: its command, and the scripts of the deployment that it names. */
function startScripts(
  { entrypoint = [], commandWords }: ComposeService,
  contentIn: (inContainer: string) => string | undefined,
): string {
  const words = [...entrypoint, ...commandWords.map(({ value }) => value)];
  const files = words.filter((word) => /\.(?:sh|py)$|^\/[^.\s]*$/.test(word));
  return [...words, ...files.flatMap((file) => contentIn(posix.resolve("/", file)) ?? [])].join("\n");
}

/** The config as written, for edits: its template, where a script makes it from one. */
function editable(
  service: ComposeService,
  inContainer: string,
  { source, root }: { source: SourceFile; root: YamlMap },
  folder: string,
): EditableYaml | undefined {
  const template = templateOf(service, inContainer);
  if (template === undefined) return new EditableYaml(folder, source, root);
  const written = readSource(template, new FaultList(), "");
  const own = written && parseYaml(written, new FaultList(), "1.1", () => {});
  return written && own && new EditableYaml(folder, written, own);
}

function emptyConfig(service: ComposeService): YamlMap {
  const { location } = service;
  const source = new SourceFile(location.file, "");
  return { kind: "map", entries: new Map(), location, source, path: [], usedAt: { start: 0, end: 0 }, alias: false };
}

function reportNoServers(
  root: YamlMap,
  count: number,
  environment: ReadonlyMap<string, Written<string>>,
  service: ComposeService,
  notes: NoteList,
): void {
  const hasDatabase =
    namedDatabase({ environment, document: plainMap(root) }) !== undefined ||
    scalarText(root, "general_settings", "database_url") !== undefined;
  if (count > 0 || hasDatabase) return;
  notes.add(
    "finding",
    root.entries.size === 0 ? service.location : locationOf(root, ["mcp_servers"]),
    "LiteLLM has no MCP server",
    "its config has no mcp_servers, and it has no database that could hold any",
    "add 'mcp_servers:' with the servers below it",
    "advice",
  );
}

/** LiteLLM's tables are PostgreSQL's (litellm, proxy/schema.prisma, `provider = "postgresql"`). */
function noteOtherDatabase(environment: ReadonlyMap<string, Written<string>>, notes: NoteList): void {
  const variable = environment.get("DATABASE_URL");
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(variable?.value ?? "") ?? [];
  if (variable === undefined || scheme === undefined || /^postgres(?:ql)?$/i.test(scheme)) return;
  notes.add(
    "finding",
    variable.location,
    `DATABASE_URL begins with '${scheme}:'`,
    "LiteLLM's database is PostgreSQL: it takes no other URL",
    "remove it, or name a PostgreSQL: postgresql://USER:PASSWORD@HOST:5432/DATABASE",
    "stops",
  );
}

function readModels(root: YamlNode, faults: FaultList): Written<string>[] {
  const list = nodeAt(root, "model_list");
  if (list === undefined || (list.kind === "scalar" && list.value === null)) return [];
  if (list.kind !== "list") {
    faults.add(locationOf(root, ["model_list"]), "model_list is not a list", "write '- model_name: …' for each model");
    return [];
  }
  const models: Written<string>[] = [];
  for (const [index, item] of list.items.entries()) {
    const data = readShape(modelShape, item, toPlain(item), faults, `model_list[${index}]`);
    if (data !== undefined) models.push({ value: data.model_name, location: locationOf(item, ["model_name"]) });
  }
  return models;
}

function textsOf(node: YamlNode, path: readonly string[]): LiteLLMConfig["texts"] {
  if (node.kind === "map") return [...node.entries].flatMap(([key, { value }]) => textsOf(value, [...path, key]));
  if (node.kind === "list") return node.items.flatMap((item) => textsOf(item, path));
  return typeof node.value === "string" ? [{ path, value: { value: node.value, location: node.location } }] : [];
}

function plainMap(root: YamlMap): Record<string, unknown> {
  return Object.fromEntries([...root.entries].map(([key, { value }]) => [key, toPlain(value)]));
}

function scalarText(root: YamlMap, ...path: string[]): string | undefined {
  const node = nodeAt(root, ...path);
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}
