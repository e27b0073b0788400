import { suggest } from "../../core/text/nearest.ts";
import { EditableYaml } from "../source/editable-yaml.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { LiteralSecrets } from "../source/literal-secrets.ts";
import type { SourceLocation, Written } from "../source/location.ts";
import { readShape } from "../source/shape.ts";
import type { SourceFile } from "../source/source-file.ts";
import {
  locationOf,
  mapTexts,
  nodeAt,
  toPlain,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from "../source/yaml-tree.ts";
import { compareWithSchema } from "./compose-schema.ts";
import { isExtension, isTrue, networkShape, unsupportedTopKeys, volumeShape } from "./compose-shape.ts";
import { interpolate } from "./environment/interpolation.ts";
import { checkHostPorts } from "./ports.ts";
import { projectName } from "./project-name.ts";
import { readService, type ServiceContext } from "./service.ts";
import type { ComposeFile, ComposeNetwork, ComposeService, ComposeVolume } from "./types.ts";

/** What reading a compose file needs of the rest of the deployment. */
export interface ComposeContext extends Pick<ServiceContext, "folder" | "envFile" | "faults"> {
  /** Variables for interpolation. */
  variables: ReadonlyMap<string, Written<string>>;
  /** False when the env file could not be read: then no variable counts as unset. */
  variablesKnown: boolean;
  secrets: LiteralSecrets;
}

/** A compose file, read. */
export interface ReadCompose {
  compose: ComposeFile;
  /** The file as written, for edits. */
  text: EditableYaml;
  /** The names of all services, including those that could not be read. */
  serviceNames: readonly string[];
}

/**
 * Reads a compose file. What compose refuses, and what the suite can't honour, becomes a fault.
 *
 * @returns undefined when the file declares no services
 */
export function readCompose(source: SourceFile, root: YamlNode, context: ComposeContext): ReadCompose | undefined {
  const { faults } = context;
  if (root.kind !== "map") {
    faults.add(root.location, "is not a mapping", "write 'services:' with the services below it");
    return undefined;
  }
  for (const [key, { keyLocation }] of root.entries) {
    const instead = unsupportedTopKeys[key];
    if (instead !== undefined) faults.add(keyLocation, `'${key}' is not supported`, instead);
  }
  const tree = mapTexts(root, (text, scalar) => context.secrets.text(interpolated(text, scalar, context)));

  const differences = compareWithSchema(tree);
  differences.reportUnknownKeys(faults);
  const project = projectName(tree, context.folder, faults);
  const networks = readNetworks(nodeAt(tree, "networks"), project, faults);
  const volumes = readVolumes(nodeAt(tree, "volumes"), project, faults);
  const services = new Map<string, ComposeService>();
  const serviceMap = nodeAt(tree, "services");
  if (serviceMap?.kind !== "map" || serviceMap.entries.size === 0) {
    faults.add(locationOf(tree, ["services"]), "has no services", "write 'services:' with the services below it");
    return undefined;
  }
  const text = new EditableYaml(context.folder, source, root);
  for (const [name, { keyLocation, value }] of serviceMap.entries) {
    const service = readService(name, keyLocation, value, { ...context, networks, volumes, project, yaml: text });
    if (service !== undefined) services.set(name, service);
  }
  // Where the suite's own reading found a fault, the schema would report the same value a second time.
  if (services.size === serviceMap.entries.size) differences.reportWrongValues(faults);
  checkDependencies(serviceMap, faults);
  checkHostPorts([...services.values()], faults);
  return {
    compose: {
      file: source.file,
      project,
      projects: [{ name: project, folder: context.folder, files: [source.file], profiles: [] }],
      services,
      inactive: new Map(),
      networks,
      volumes,
      configs: [],
      secrets: [],
    },
    text,
    serviceNames: [...serviceMap.entries.keys()],
  };
}

/** Interpolates one text; a fault names the line, also within a text of several lines. */
function interpolated(text: string, scalar: YamlScalar, { variables, variablesKnown, faults }: ComposeContext): string {
  const { value, problems } = interpolate(text, {
    get: (name) => variables.get(name)?.value ?? (variablesKnown ? undefined : ""),
  });
  for (const { piece, variable, what, fix } of problems) {
    const { source, start, end } = scalar.span;
    const offset = source.text.indexOf(piece, start);
    const line = offset === -1 || offset >= end ? scalar.location.line : source.lineAt(offset);
    const better = variable === undefined ? fix : suggest(variable, variables.keys(), fix);
    faults.add({ file: scalar.location.file, line }, what, better);
  }
  return value;
}

function readNetworks(node: YamlNode | undefined, project: string, faults: FaultList): Map<string, ComposeNetwork> {
  const networks = new Map<string, ComposeNetwork>();
  for (const [key, { keyLocation, value }] of entriesOf(node, "networks", faults)) {
    const data = readShape(networkShape, value, toPlain(value, isExtension), faults, `networks.${key}`);
    if (data === undefined) continue;
    const bridge = data?.driver_opts?.["com.docker.network.bridge.name"];
    networks.set(key, {
      name: nameOnHost(key, data, project),
      external: isExternal(data),
      internal: isTrue(data?.internal),
      ipv6: isTrue(data?.enable_ipv6),
      bridge: bridge === undefined ? undefined : String(bridge),
      location: keyLocation,
    });
  }
  return networks;
}

function readVolumes(node: YamlNode | undefined, project: string, faults: FaultList): Map<string, ComposeVolume> {
  const volumes = new Map<string, ComposeVolume>();
  for (const [key, { keyLocation, value }] of entriesOf(node, "volumes", faults)) {
    const data = readShape(volumeShape, value, toPlain(value, isExtension), faults, `volumes.${key}`);
    volumes.set(key, { name: nameOnHost(key, data, project), external: isExternal(data), location: keyLocation });
  }
  return volumes;
}

/** The name of a network or a volume on the gateway host: compose prefixes the project's name to what it creates itself. */
function nameOnHost(
  key: string,
  data: { name?: string | number | boolean; external?: unknown } | null | undefined,
  project: string,
): string {
  if (data?.name !== undefined) return String(data.name);
  return isExternal(data) ? key : `${project}_${key}`;
}

function isExternal(data: { external?: unknown } | null | undefined): boolean {
  return data?.external === true || data?.external === "true";
}

function entriesOf(node: YamlNode | undefined, name: string, faults: FaultList): YamlMap["entries"] {
  if (node === undefined || (node.kind === "scalar" && node.value === null)) return new Map();
  if (node.kind === "map") return new Map([...node.entries].filter(([key]) => !isExtension(key)));
  faults.add(node.location, `'${name}' is not a mapping`, `write one ${name.slice(0, -1)} per line, each with a colon`);
  return new Map();
}

function checkDependencies(services: YamlMap, faults: FaultList): void {
  for (const [name, { value }] of services.entries) {
    const needs = nodeAt(value, "depends_on");
    const named: [string, SourceLocation][] =
      needs?.kind === "map"
        ? [...needs.entries].map(([key, { keyLocation }]) => [key, keyLocation])
        : needs?.kind === "list"
          ? needs.items.flatMap((item) => (item.kind === "scalar" ? [[String(item.value), item.location]] : []))
          : [];
    for (const [other, location] of named) {
      if (services.entries.has(other)) continue;
      faults.add(
        location,
        `services.${name}.depends_on names '${other}', which is not a service`,
        suggest(other, services.entries.keys(), "name a service of this file"),
      );
    }
  }
}
