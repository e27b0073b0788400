import type { SourceLocation, Written } from "../../source/location.ts";
import { toPlain, type ValueProblem, type YamlMap, type YamlNode } from "../../source/yaml-tree.ts";
import { isExtension } from "../extension.ts";
import { isNull, textOf } from "../loading/nodes.ts";
import type { ComposeService, ServiceSetting } from "../types.ts";
import { readBuild } from "./build.ts";
import { readEnvironment, readLabels } from "./environment.ts";
import { readFiles } from "./files.ts";
import { imageVersion } from "./image-version.ts";
import { readMounts } from "./mounts.ts";
import { readConnections } from "./networks.ts";
import { readPorts } from "./ports.ts";
import type { ServiceContext } from "./service-context.ts";
import { flagAt, itemsAt, problemsOf, textAt, valuesAt, wordsAt, written } from "./values.ts";

/** Keys that have a property of their own in {@link ComposeService}, or none that matters: the rest are settings. */
const readElsewhere = new Set([
  ...["image", "build", "container_name", "entrypoint", "command", "env_file", "environment", "labels", "label_file"],
  ...["volumes", "tmpfs", "configs", "secrets", "ports", "expose", "networks", "network_mode", "links", "depends_on"],
  ...["init", "user", "working_dir", "healthcheck", "profiles", "scale", "extends", "deploy"],
]);

/** Keys without which, or with an empty text in which, a service is not what its file means. */
const essential = ["image", "build", "env_file", "volumes"];

/** Reads one service of a project's tree; undefined when nothing of it can be used. */
export function readService(
  name: string,
  location: SourceLocation,
  node: YamlNode,
  context: ServiceContext,
): ComposeService | undefined {
  const { faults, notes } = context;
  const within = `services.${name}`;
  if (node.kind !== "map") {
    faults.add(location, `${within} is not a mapping`, "write 'image:' and the rest below it");
    return undefined;
  }
  const image = imageOf(node);
  const build = readBuild(node, within, context);
  if (image === undefined && build === undefined && !node.entries.has("provider"))
    faults.add(
      location,
      `${within} has neither 'image' nor 'build': compose refuses it`,
      howToComplete(name, location, context),
    );

  const command = wordsAt(node, "command", within, context.textOf, faults);
  const entrypoint = wordsAt(node, "entrypoint", within, context.textOf, faults);
  const environment = readEnvironment(node, within, context);
  const { missing: missingMounts, ...mounts } = readMounts(node, within, context);
  const { missing: missingFiles, files } = readFiles(node, within, context);
  const problems = readProblems(node);
  for (const { what, fix, location: at } of problems.unset)
    notes.add("finding", at, what, "compose inserts an empty text", fix);
  return {
    name,
    key: context.serviceKey(name),
    project: context.project,
    location,
    image,
    version: image && imageVersion(image.value),
    build,
    replicas: readReplicas(node, within, context),
    containerName: written(node, "container_name"),
    entrypoint: entrypoint?.map(({ value }) => value),
    command: command?.map(({ value }) => value),
    commandWords: command ?? [],
    environment: environment.variables,
    labels: readLabels(node, within, context),
    deployLabels: valuesAt(node, context.textOf, "deploy", "labels"),
    ...mounts,
    files,
    ...readPorts(node, within, context),
    ...readConnections(node, within, context),
    init: flagAt(node, "init") ?? false,
    user: textAt(node, "user"),
    workingDir: textAt(node, "working_dir"),
    healthcheck: readHealthcheck(node, within, context),
    settings: readSettings(node),
    missing: [...problems.missing, ...environment.missing, ...missingMounts, ...missingFiles],
  };
}

/** A service without an image that only one of several files has may have another name in the file that it is to change. */
function howToComplete(name: string, { file }: SourceLocation, { serviceNames, filesWith }: ServiceContext): string {
  const complete = "add 'image:' or 'build:'";
  const others = serviceNames.filter((service) => filesWith(service).some((one) => one !== file));
  if (others.length === 0 || others.includes(name)) return complete;
  return `no other file of the project has this service: write its name as in the file that declares it (${others.join(", ")}), or ${complete}`;
}

function imageOf(service: YamlMap): Written<string> | undefined {
  const image = written(service, "image");
  return image?.value === "" ? undefined : image;
}

function readReplicas(service: YamlMap, within: string, { faults }: ServiceContext): number {
  const text = textAt(service, "scale") ?? textAt(service, "deploy", "replicas");
  const replicas = text === undefined ? 1 : Number(text);
  const name = written(service, "container_name");
  if (replicas > 1 && name !== undefined)
    faults.add(
      name.location,
      `${within} has a container_name and ${replicas} replicas: compose refuses it`,
      "remove one of the two",
    );
  return Number.isInteger(replicas) && replicas >= 0 ? replicas : 1;
}

/** Source: the Compose specification, `healthcheck`. */
function readHealthcheck(service: YamlMap, within: string, { faults }: ServiceContext): ComposeService["healthcheck"] {
  const healthcheck = service.entries.get("healthcheck")?.value;
  if (healthcheck?.kind !== "map" || flagAt(healthcheck, "disable") === true) return undefined;
  const test = healthcheck.entries.get("test");
  if (test === undefined || isNull(test.value)) return undefined;
  const location = test.keyLocation;
  const texts = itemsAt(healthcheck, "test").map((item) => textOf(item) ?? "");
  const [how, ...words] = test.value.kind === "list" ? texts : ["CMD-SHELL", ...texts];
  if (how === undefined || how === "NONE") return undefined;
  if (how === "CMD-SHELL" && words.length > 0) return { command: ["/bin/sh", "-c", ...words], location };
  if (how === "CMD" && words.length > 0) return { command: words, location };
  if (how !== "CMD" && how !== "CMD-SHELL")
    faults.add(
      location,
      `${within}.healthcheck.test begins with '${how}', expected CMD, CMD-SHELL or NONE`,
      `write [CMD, ${how}, …]`,
    );
  return undefined;
}

/** What is wrong with a service's values: an unset variable matters most where it leaves no path or image. */
function readProblems(service: YamlMap): { missing: ValueProblem[]; unset: ValueProblem[] } {
  const missing: ValueProblem[] = [];
  const unset: ValueProblem[] = [];
  for (const [key, { value }] of service.entries) {
    for (const problem of problemsOf(value)) {
      if (problem.kind === "missing") missing.push(problem);
      else if (essential.includes(key))
        missing.push({ ...problem, fix: `${problem.fix}, or under 'variables:' in policy.yaml` });
      else unset.push(problem);
    }
  }
  return { missing, unset };
}

function readSettings(service: YamlMap): Map<string, ServiceSetting> {
  const settings = new Map<string, ServiceSetting>();
  for (const [key, { keyLocation, value }] of service.entries) {
    if (isExtension(key) || isNull(value)) continue;
    if (!readElsewhere.has(key)) settings.set(key, { value: toPlain(value, isExtension), location: keyLocation });
    if (key !== "deploy" || value.kind !== "map") continue;
    for (const [inner, entry] of value.entries)
      if (!["labels", "replicas"].includes(inner) && !isExtension(inner) && !isNull(entry.value))
        settings.set(`deploy.${inner}`, { value: toPlain(entry.value, isExtension), location: entry.keyLocation });
  }
  return settings;
}
