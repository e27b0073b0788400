import type { YamlMap } from "../../source/yaml-tree.ts";
import { isExtension } from "../extension.ts";
import { boundDevice } from "../loading/paths.ts";
import { readFileSources } from "../service/files.ts";
import { readService } from "../service/read-service.ts";
import type { ServiceContext } from "../service/service-context.ts";
import { entriesAt, flagAt, type NodeEntry, problemsOf, textAt } from "../service/values.ts";
import type {
  ComposeFileSource,
  ComposeNetwork,
  ComposeProject,
  ComposeService,
  ComposeVolume,
  InactiveService,
} from "../types.ts";
import { checkCircles } from "./circles.ts";
import { isActive, profilesOf } from "./profiles.ts";
import type { ComposeContext, LoadedProject } from "./project.ts";
import { isExternal, nameOnHost, type ProjectKeys } from "./project-keys.ts";

/** One project, by the keys of the model. */
export interface ReadProject {
  project: ComposeProject;
  services: Map<string, ComposeService>;
  inactive: Map<string, InactiveService>;
  networks: Map<string, ComposeNetwork>;
  volumes: Map<string, ComposeVolume>;
  configs: Map<string, ComposeFileSource>;
  secrets: Map<string, ComposeFileSource>;
  /** The keys of all services that compose starts, including those that could not be read. */
  serviceKeys: string[];
}

/** Reads a project's tree: the services that compose starts, and what they name. */
export function readProject(
  loaded: LoadedProject,
  keys: ProjectKeys,
  { host, envFiles, replace, faults, notes }: ComposeContext,
): ReadProject {
  const { name: project, model, variables, profiles, files, sources } = loaded;
  const all = entriesAt(model, "services").filter(({ name }) => !isExtension(name));
  const active = all.filter(({ value }) => isActive(profilesOf(value), profiles));
  const inactive = all.filter((service) => !active.includes(service));
  const networks = readNetworks(loaded, active, keys);
  const volumes = readVolumes(loaded, keys);
  reportUnusable(model, faults);
  const fileContext = { faults, host, replace: (name: string) => replace.get(name) };
  const context: ServiceContext = {
    project,
    variables,
    envFiles,
    host,
    networks,
    volumes,
    networkNames: entriesAt(model, "networks").map(({ name }) => name),
    volumeNames: entriesAt(model, "volumes").map(({ name }) => name),
    configs: readFileSources(sectionOf(model, "configs"), "config", project, {
      ...fileContext,
      replace: () => undefined,
    }),
    secrets: readFileSources(sectionOf(model, "secrets"), "secret", project, fileContext),
    serviceNames: active.map(({ name }) => name),
    inactiveNames: inactive.map(({ name }) => name),
    filesWith: (service) => sources.filesWith(service),
    serviceKey: keys.service,
    networkKey: keys.network,
    volumeKey: keys.volume,
    textOf: (source) => sources.textOf(source),
    faults,
    notes,
  };
  const services = new Map<string, ComposeService>();
  for (const { name, location, value } of active) {
    const service = readService(name, location, value, context);
    if (service !== undefined) services.set(service.key, service);
  }
  checkCircles(services, faults);
  return {
    project: { name: project, folder: files.folder, files: sources.files, profiles },
    services,
    inactive: new Map(
      inactive.map(({ name, location, value }) => [
        keys.service(name),
        { name, project, profiles: profilesOf(value), location },
      ]),
    ),
    networks,
    volumes,
    configs: new Map(context.configs),
    secrets: new Map(context.secrets),
    serviceKeys: active.map(({ name }) => keys.service(name)),
  };
}

function sectionOf(model: YamlMap, section: string): YamlMap | undefined {
  const node = model.entries.get(section)?.value;
  return node?.kind === "map" ? node : undefined;
}

function readNetworks(
  loaded: LoadedProject,
  active: readonly NodeEntry[],
  keys: ProjectKeys,
): Map<string, ComposeNetwork> {
  const networks = new Map<string, ComposeNetwork>();
  for (const { name, location, value } of entriesAt(loaded.model, "networks")) {
    if (isExtension(name)) continue;
    const map = value.kind === "map" ? value : undefined;
    networks.set(keys.network(name), {
      name: nameOnHost(loaded, "networks", name),
      external: isExternal(map),
      internal: map !== undefined && flagAt(map, "internal") === true,
      ipv6: map !== undefined && flagAt(map, "enable_ipv6") === true,
      bridge: textAt(map, "driver_opts", "com.docker.network.bridge.name"),
      location,
    });
  }
  // Compose makes the default network only where a service is on it.
  const user = active.find(({ value }) => {
    const own = value.kind === "map" ? entriesAt(value, "networks") : [];
    const hasMode = value.kind === "map" && value.entries.has("network_mode");
    return !hasMode && (own.length === 0 || own.some(({ name }) => name === "default"));
  });
  if (user !== undefined && !networks.has(keys.network("default")))
    networks.set(keys.network("default"), {
      name: nameOnHost(loaded, "networks", "default"),
      external: false,
      internal: false,
      ipv6: false,
      bridge: undefined,
      location: user.location,
    });
  return networks;
}

function readVolumes(loaded: LoadedProject, keys: ProjectKeys): Map<string, ComposeVolume> {
  const volumes = entriesAt(loaded.model, "volumes").filter(({ name }) => !isExtension(name));
  return new Map(
    volumes.map(({ name, location, value }) => [
      keys.volume(name),
      {
        name: nameOnHost(loaded, "volumes", name),
        external: isExternal(value),
        device: boundDevice(value),
        location,
      },
    ]),
  );
}

/** Networks and volumes belong to no service: a variable that they require is a fault. */
function reportUnusable(model: YamlMap, faults: ComposeContext["faults"]): void {
  for (const section of ["networks", "volumes"]) {
    const node = sectionOf(model, section);
    for (const problem of node === undefined ? [] : problemsOf(node))
      if (problem.kind === "missing") faults.add(problem.location, problem.what, problem.fix);
  }
}
