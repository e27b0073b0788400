import type { EditableYaml } from "../source/editable-yaml.ts";
import type { SourceLocation } from "../source/location.ts";
import { ProjectVariables } from "./environment/project-variables.ts";
import { fullBudget } from "./loading/interpolate-tree.ts";
import { MAX_INCLUDES } from "./loading/load-context.ts";
import { loadModel } from "./loading/load-model.ts";
import { ComposeSources } from "./loading/sources.ts";
import { projectName } from "./project-name.ts";
import { activeProfiles } from "./projects/profiles.ts";
import type { ComposeContext, LoadedProject, ProjectFiles } from "./projects/project.ts";
import { projectKeys } from "./projects/project-keys.ts";
import { readProject } from "./projects/read-project.ts";
import { doubledHostPorts } from "./service/ports.ts";
import type { ComposeFile, ComposeService } from "./types.ts";

/** Compose projects, read. */
export interface ReadCompose {
  compose: ComposeFile;
  /** Every file as written, for edits; the first file of the first project comes first. */
  texts: readonly EditableYaml[];
  /** The names of all services that compose starts, including those that could not be read. */
  serviceNames: readonly string[];
}

/**
 * Reads compose projects as `docker compose config` does. What compose refuses becomes a fault.
 *
 * @returns undefined when no project declares services
 */
export function readCompose(projects: readonly ProjectFiles[], context: ComposeContext): ReadCompose | undefined {
  const loaded = projects.flatMap((project) => loadProject(project, context) ?? []);
  const [first] = loaded;
  if (first === undefined) return undefined;
  const keys = projectKeys(loaded);
  const read = loaded.map((project) => readProject(project, keys.of(project), context));
  const services = mergedMaps(read.map((project) => project.services));
  markDoubledPorts(services);
  return {
    compose: {
      file: context.host.find(first.files.files[0] ?? "").path,
      project: first.name,
      projects: read.map(({ project }) => project),
      services,
      inactive: mergedMaps(read.map((project) => project.inactive)),
      networks: joinedMaps(read.map((project) => project.networks)),
      volumes: joinedMaps(read.map((project) => project.volumes)),
      configs: read.flatMap((project) => [...project.configs.values()]),
      secrets: read.flatMap((project) => [...project.secrets.values()]),
    },
    texts: [...new Map(loaded.flatMap(({ sources }) => sources.texts).map((text) => [text.file, text])).values()],
    serviceNames: read.flatMap((project) => project.serviceKeys),
  };
}

function loadProject(
  files: ProjectFiles,
  { host, envFiles, shell, declared, faults, notes }: ComposeContext,
): LoadedProject | undefined {
  const sources = new ComposeSources(host, faults);
  const own =
    files.envFile === undefined ? new Map() : envFiles.forInterpolation(files.envFile, new ProjectVariables(shell));
  const known = new ProjectVariables(shell, own, declared);
  const perFile = files.files.map((file) => sources.read(file));
  const documents = perFile.flatMap((own) => own ?? []);
  if (documents.length === 0) {
    // A file that can't be read is a fault already.
    const [first] = files.files;
    if (first !== undefined && perFile.every((own) => own !== undefined))
      faults.add(whole(host.find(first).path), "is empty", "write 'services:' with the services below it");
    return undefined;
  }
  const name = files.name ?? projectName(documents, files.folder, known, faults);
  const location = whole(files.files[0] ?? files.folder);
  const variables = known.with(
    new Map([
      ["COMPOSE_PROJECT_NAME", { value: name, location }],
      // The shell sets it: compose is called in the project's folder.
      ["PWD", { value: files.folder, location }],
    ]),
  );
  const model = loadModel(
    { files: files.files, folder: files.folder, variables, includedBy: [] },
    {
      sources,
      envFiles,
      host,
      secrets: envFiles.secrets,
      budget: fullBudget(),
      includes: { left: MAX_INCLUDES },
      faults,
      notes,
    },
  );
  const services = model?.entries.get("services")?.value;
  if (model === undefined || services?.kind !== "map" || services.entries.size === 0) {
    if (model !== undefined)
      faults.add(
        services?.location ?? model.location,
        "has no services",
        "write 'services:' with the services below it",
      );
    return undefined;
  }
  return { name, files, variables, profiles: activeProfiles(files.profiles, variables), sources, model };
}

function whole(file: string): SourceLocation {
  return { file, line: 1 };
}

function mergedMaps<T>(maps: readonly ReadonlyMap<string, T>[]): Map<string, T> {
  return new Map(maps.flatMap((map) => [...map]));
}

/** Networks or volumes: the project that makes one says what it is, not those that join it. */
function joinedMaps<T extends { external: boolean }>(maps: readonly ReadonlyMap<string, T>[]): Map<string, T> {
  const joined = new Map<string, T>();
  for (const [key, value] of maps.flatMap((map) => [...map])) {
    const before = joined.get(key);
    if (before === undefined || (before.external && !value.external)) joined.set(key, value);
  }
  return joined;
}

function markDoubledPorts(services: Map<string, ComposeService>): void {
  for (const { service: key, port, other, otherLine, location } of doubledHostPorts(services.values())) {
    const service = services.get(key);
    if (service === undefined) continue;
    const problem = {
      kind: "missing" as const,
      what: `port ${port} of the host is published a second time (by ${other} in line ${otherLine})`,
      fix: "give one of the two another port",
      location,
    };
    services.set(key, { ...service, missing: [...service.missing, problem] });
  }
}
