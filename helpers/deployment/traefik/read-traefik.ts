import type { ComposeFile, ComposeService, ComposeValue } from "../compose/types.ts";
import type { SourceLocation } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { ContainerFiles } from "./container-files.ts";
import { type DynamicConfiguration, type DynamicReading, readDynamic } from "./dynamic/dynamic.ts";
import { readFileProvider } from "./dynamic/file-provider.ts";
import { namesInLabels, readLabels } from "./dynamic/labels.ts";
import type { NamesOfFiles } from "./dynamic/names-of-files.ts";
import { checkReferences } from "./dynamic/references.ts";
import { type FileProvider, type LabelledContainer, TraefikModel } from "./model.ts";
import type { TraefikOption } from "./options.ts";
import { notePlugins } from "./plugins.ts";
import { ProblemList } from "./problems.ts";
import { isTrue } from "./schema.ts";
import { readStatic, type StaticReading } from "./static/read-static.ts";
import type { LabelProvider, StaticConfiguration } from "./static/static.ts";
import { normalize } from "./template/functions.ts";
import { renderText, TemplateError } from "./template/render-template.ts";

/**
 * Builds the model of Traefik's configuration. What Traefik refuses at its start becomes a fault; what it refuses or ignores
 * later becomes a problem of the model, and a note.
 *
 * @param traefik the service that is Traefik
 */
export function readTraefik(compose: ComposeFile, traefik: ComposeService, reading: StaticReading): TraefikModel {
  const configuration = readStatic(traefik, reading);
  const problems = new ProblemList(reading.notes);
  const containers = configuration.labelProviders.flatMap((provider) =>
    [...compose.services.values()].flatMap(
      (service) => readContainer(service, provider, configuration, reading, problems) ?? [],
    ),
  );
  noteUnreadLabels(compose, configuration, reading.notes);
  const own = containers.flatMap(({ options }) => options);
  const files = readFiles(
    traefik,
    configuration,
    { ...reading, named: namesOfFiles([...configuration.options, ...own]) },
    problems,
  );
  const model = new TraefikModel(configuration, { containers, files }, problems.problems);
  checkReferences(model, compose, problems);
  notePlugins(model, reading.notes);
  notePlaceholders(model, reading.notes);
  return model;
}

function readContainer(
  service: ComposeService,
  provider: LabelProvider,
  configuration: StaticConfiguration,
  { text }: StaticReading,
  problems: ProblemList,
): LabelledContainer | undefined {
  const labels = labelsOf(service, provider);
  const keys = [...labels.keys()];
  const { options, areRefused } = readLabels(service.name, labels, { provider: provider.name, text, problems });
  if (options.length === 0 && !areRefused) return undefined;
  const enable = options.find(({ path }) => path.join(".") === "enable");
  const isEnabled = enable === undefined ? provider.exposedByDefault : isTrue(enable.value);
  const isLive = isEnabled && !areRefused;
  return {
    service,
    provider: provider.name,
    options,
    configuration: readDynamic(options, {
      provider: provider.name,
      defaultRouter: defaultRouter(service, options, isLive),
      defaultRule: () => defaultRule(service, provider, labels),
      ruleSyntax: configuration.ruleSyntax,
      problems,
    }),
    names: {
      routers: namesInLabels(keys, "routers"),
      middlewares: namesInLabels(keys, "middlewares"),
      services: namesInLabels(keys, "services"),
    },
    isLive,
  };
}

/** The labels that a provider reads. */
function labelsOf(
  { labels, deployLabels }: ComposeService,
  provider: LabelProvider,
): ReadonlyMap<string, ComposeValue> {
  return provider.labels === "deploy" ? deployLabels : labels;
}

/** Of a container that publishes something over HTTP and names no router Traefik makes one, named after the service. */
function defaultRouter(
  service: ComposeService,
  options: readonly TraefikOption[],
  isLive: boolean,
): DynamicReading["defaultRouter"] {
  const roots = new Set(options.map(({ path: [root] }) => root));
  const isOther = (roots.has("tcp") || roots.has("udp")) && !roots.has("http");
  const location = options.find(({ path }) => path.join(".") === "enable")?.location ?? options[0]?.location;
  return !isLive || isOther || location === undefined ? undefined : { name: defaultName(service), location };
}

/** How Traefik names the router and the service of a container that names none. */
function defaultName({ name, project }: ComposeService): string {
  return normalize(`${name}_${project}`);
}

function defaultRule(
  service: ComposeService,
  provider: LabelProvider,
  labels: ReadonlyMap<string, ComposeValue>,
): string | undefined {
  try {
    return renderText(provider.defaultRule, {
      Name: defaultName(service),
      ContainerName: service.containerName?.value ?? `${service.project}-${service.name}-1`,
      Labels: Object.fromEntries([...labels].map(([key, { value }]) => [key, value])),
    });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return undefined;
  }
}

/** Notes each placeholder that nobody has replaced. */
function notePlaceholders(model: TraefikModel, notes: NoteList): void {
  for (const { text, option, effect, location } of model.placeholders)
    notes.add(
      "finding",
      location,
      `${option} has the placeholder '${text}'`,
      effect,
      `write the deployment's own value in place of ${text}`,
    );
}

/** Notes labels of Traefik's that no provider reads. */
function noteUnreadLabels(compose: ComposeFile, { labelProviders }: StaticConfiguration, notes: NoteList): void {
  const isRead = (wanted: LabelProvider["labels"]): boolean => labelProviders.some(({ labels }) => labels === wanted);
  const isSwarmMode = labelProviders.some(({ name, labels }) => name === "docker" && labels === "deploy");
  for (const { name, labels, deployLabels } of compose.services.values()) {
    for (const [kind, provider, own, where] of [
      ["container", "docker", labels, "of the container"],
      ["deploy", "swarm", deployLabels, "under deploy:"],
    ] as const) {
      const first = [...own].find(([key]) => key.startsWith("traefik."));
      if (first === undefined || isRead(kind) || isTurnedOff(own)) continue;
      notes.add(
        "finding",
        first[1].location,
        `Traefik reads none of the labels ${where} of '${name}'`,
        isSwarmMode ? "its provider 'docker' is in Swarm mode" : `its provider '${provider}' is off`,
        isSwarmMode ? "move the labels under deploy:" : `switch on providers.${provider}, or move the labels`,
      );
    }
  }
}

/** Whether the labels say that Traefik is not to serve the container. The values are those of Go's `strconv.ParseBool`. */
function isTurnedOff(labels: ReadonlyMap<string, { value: string }>): boolean {
  return /^(?:0|f|false)$/i.test(labels.get("traefik.enable")?.value ?? "");
}

/** What labels and static options take from the file provider. */
function namesOfFiles(options: readonly TraefikOption[]): NamesOfFiles {
  const named = (section: RegExp): Map<string, SourceLocation> => {
    const found = new Map<string, SourceLocation>();
    for (const { value, location } of options.filter((option) => section.test(option.path.join("."))))
      for (const [, name = ""] of value.matchAll(/([^\s,@]+)@file\b/g)) if (!found.has(name)) found.set(name, location);
    return found;
  };
  return { middlewares: named(/middlewares/i), services: named(/\.service$/i), tlsOptions: named(/tls\.options$/i) };
}

function readFiles(
  traefik: ComposeService,
  configuration: StaticConfiguration,
  { folder, notes, named }: StaticReading & { named: NamesOfFiles },
  problems: ProblemList,
): FileProvider | undefined {
  const { fileProvider } = configuration;
  if (fileProvider === undefined) return undefined;
  const read = readFileProvider(fileProvider, new ContainerFiles(traefik), {
    folder,
    environment: new Map([...traefik.environment].map(([name, { value }]) => [name, value])),
    service: traefik.location,
    named,
    problems,
    notes,
  });
  const own: DynamicConfiguration = readDynamic(read.options, {
    provider: "file",
    defaultRouter: undefined,
    defaultRule: undefined,
    ruleSyntax: configuration.ruleSyntax,
    problems,
  });
  return { ...read, configuration: own };
}
