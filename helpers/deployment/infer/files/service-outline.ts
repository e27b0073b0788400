import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { textOf } from "../../compose/loading/nodes.ts";
import { type DockerfileOutline, readDockerfile } from "../../services/dockerfile.ts";
import { FaultList } from "../../source/fault-list.ts";
import { readSource } from "../../source/source-file.ts";
import { nodeAt, toPlain, type YamlNode } from "../../source/yaml-tree.ts";

/** One service of a compose file, as far as it says what it is. */
export interface ServiceOutline {
  name: string;
  /** As written, so with variables, apart from those that the env file next to the compose file sets. */
  image: string | undefined;
  /** The images that its Dockerfile is based on, those of the last stages first; none where it can't be read. */
  bases: readonly string[];
  /** Where files and directories are mounted in its container. */
  mounts: readonly string[];
  /** Entrypoint and command as one text; those of its Dockerfile where the compose file has none. */
  command: string;
  /** The profiles that start it; none for a service that always starts. */
  profiles?: readonly string[];
  containerName?: string | undefined;
  /** The services that it does not start without. */
  dependsOn?: readonly string[];
  /** The hosts of LiteLLM's database and cache, as its environment names them. */
  stores?: readonly string[];
  /** Absolute paths of the host that are mounted in its container. */
  sources?: readonly string[];
  /** Whether its labels have rules for Traefik. */
  hasRules?: boolean;
  /** Whether it says what its container is made from, so that compose takes it without another file. */
  isWhole?: boolean;
}

/**
 * A service of a compose file.
 *
 * @param folder where its relative paths start
 * @param filled fills in the variables of a text that are known
 */
export function outlineOfService(
  name: string,
  node: YamlNode,
  folder: string,
  filled: (text: string) => string,
): ServiceOutline {
  const image = textOf(nodeAt(node, "image"));
  const built = dockerfileOutline(node, folder, filled);
  return {
    name,
    image: image === undefined ? undefined : filled(image),
    bases: built?.bases.toReversed() ?? [],
    mounts: textTargets(nodeAt(node, "volumes")),
    command: commandOf(node, built),
    profiles: textsOf(nodeAt(node, "profiles")),
    containerName: textOf(nodeAt(node, "container_name")),
    dependsOn: dependenciesOf(nodeAt(node, "depends_on")),
    stores: storesOf(nodeAt(node, "environment")),
    sources: hostPaths(nodeAt(node, "volumes")).map((path) => resolve(folder, filled(path))),
    isWhole: image !== undefined || nodeAt(node, "build") !== undefined || nodeAt(node, "extends") !== undefined,
    hasRules: [nodeAt(node, "labels"), nodeAt(node, "deploy", "labels")].flatMap(labelNames).some(isRule),
  };
}

/** Whether a label is one of a router of Traefik's. */
export function isRule(label: string): boolean {
  return /^traefik\.http\.routers\./i.test(label);
}

function labelNames(labels: YamlNode | undefined): string[] {
  return labels?.kind === "map" ? [...labels.entries.keys()] : textsOf(labels);
}

function hostPaths(volumes: YamlNode | undefined): string[] {
  const items = volumes?.kind === "list" ? volumes.items : [];
  const sources = items.map((item) => textOf(nodeAt(item, "source")) ?? textOf(item)?.split(":/")[0]);
  return sources.filter((source) => source !== undefined && /^(?:\.{1,2}\/|\/|\$)/.test(source)) as string[];
}

function dependenciesOf(dependsOn: YamlNode | undefined): string[] {
  if (dependsOn?.kind !== "map") return textsOf(dependsOn);
  return [...dependsOn.entries].flatMap(([name, { value }]) => {
    const required = nodeAt(value, "required");
    return required?.kind === "scalar" && required.value === false ? [] : [name];
  });
}

/** The variables in which LiteLLM looks for its database and its cache. Source: LiteLLM's documentation, "All settings". */
const storeVariable = /^(?:(?:DATABASE|DIRECT|REDIS)_URL|(?:DATABASE|REDIS)_HOST)$/;

function storesOf(environment: YamlNode | undefined): string[] {
  const written =
    environment?.kind === "map"
      ? [...environment.entries].map(([name, { value }]) => [name, textOf(value) ?? ""] as const)
      : textsOf(environment).map((item) => [item.split("=")[0] ?? "", item.slice(item.indexOf("=") + 1)] as const);
  return written.flatMap(([name, text]) => {
    // A password may be a variable with any text as its message.
    const [, host] = /^(?:.*@|\w+:\/\/)?([\w.-]+)(?:[:/?].*)?$/s.exec(text) ?? [];
    return storeVariable.test(name) && host !== undefined ? [host] : [];
  });
}

/** An entry point of the compose file leaves out the command of the image. */
function commandOf(service: YamlNode, built: DockerfileOutline | undefined): string {
  const [entrypoint, command] = [nodeAt(service, "entrypoint"), nodeAt(service, "command")];
  const ownCommand = entrypoint === undefined ? built?.command?.join(" ") : undefined;
  const parts = [
    entrypoint === undefined ? built?.entrypoint?.join(" ") : wordsOf(entrypoint),
    command === undefined ? ownCommand : wordsOf(command),
  ];
  return parts.map((part) => part ?? "").join(" ");
}

function dockerfileOutline(
  service: YamlNode,
  folder: string,
  filled: (text: string) => string,
): DockerfileOutline | undefined {
  const build = nodeAt(service, "build");
  const dockerfile = dockerfileOf(build, folder);
  if (dockerfile === undefined) return undefined;
  const args = nodeAt(build, "args");
  const written: [string, string][] =
    args?.kind === "map"
      ? [...args.entries].map(([name, { value }]) => [name, textOf(value) ?? ""])
      : textsOf(args).map((item) => [item.split("=")[0] ?? "", item.slice(item.indexOf("=") + 1)]);
  // What no file fills in stays the Dockerfile's default.
  const given = written.map(([name, text]) => [name, filled(text)] as const).filter(([, text]) => !text.includes("$"));
  return readDockerfile(dockerfile, new Map(given), textOf(nodeAt(build, "target")));
}

function dockerfileOf(build: YamlNode | undefined, folder: string): string | undefined {
  if (build === undefined) return undefined;
  const inline = textOf(nodeAt(build, "dockerfile_inline"));
  if (inline !== undefined) return inline;
  const context = textOf(build) ?? textOf(nodeAt(build, "context")) ?? ".";
  const file = resolve(folder, context, textOf(nodeAt(build, "dockerfile")) ?? "Dockerfile");
  return existsSync(file) ? readSource(file, new FaultList(), "write it")?.text : undefined;
}

function textTargets(volumes: YamlNode | undefined): string[] {
  if (volumes?.kind !== "list") return [];
  return volumes.items.flatMap(
    (item) => textOf(nodeAt(item, "target")) ?? /:(\/[^:]*)(?::[\w,]+)?$/.exec(textOf(item) ?? "")?.[1] ?? [],
  );
}

/** The texts of a list of scalars, or of one scalar. */
export function textsOf(node: YamlNode | undefined): string[] {
  if (node?.kind === "list") return node.items.flatMap((item) => textOf(item) ?? []);
  return [textOf(node)].flatMap((text) => text ?? []);
}

function wordsOf(node: YamlNode): string {
  const plain = toPlain(node);
  return Array.isArray(plain) ? plain.join(" ") : String(plain ?? "");
}
