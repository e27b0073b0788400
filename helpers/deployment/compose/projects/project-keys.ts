import type { YamlMap, YamlNode } from "../../source/yaml-tree.ts";
import { entriesAt, textAt } from "../service/values.ts";
import type { LoadedProject } from "./project.ts";

/** The keys in the model of what has a name in one project's files. */
export interface ProjectKeys {
  service(name: string): string;
  network(name: string): string;
  volume(name: string): string;
}

/**
 * With one project everything keeps its name. With several, networks and volumes have their names on the host, and a
 * service whose name another project has too is `<project>/<name>`.
 */
export function projectKeys(projects: readonly LoadedProject[]): { of(project: LoadedProject): ProjectKeys } {
  const names = projects.flatMap(({ model }) => entriesAt(model, "services").map(({ name }) => name));
  const isUnique = (name: string): boolean => names.indexOf(name) === names.lastIndexOf(name);
  const single = projects.length === 1;
  return {
    of: (project) => ({
      service: (name) => (isUnique(name) ? name : `${project.name}/${name}`),
      network: (name) => (single ? name : nameOnHost(project, "networks", name)),
      volume: (name) => (single ? name : nameOnHost(project, "volumes", name)),
    }),
  };
}

/** The name of a network or a volume on the gateway host: compose prefixes the project's name to what it makes itself. */
export function nameOnHost(
  { name: project, model }: Pick<LoadedProject, "name" | "model">,
  section: "networks" | "volumes",
  key: string,
): string {
  const all = model.entries.get(section)?.value;
  const node = all?.kind === "map" ? all.entries.get(key)?.value : undefined;
  const own = node?.kind === "map" ? textAt(node, "name") : undefined;
  if (own !== undefined) return own;
  return isExternal(node) ? key : `${project}_${key}`;
}

/** Whether a network or a volume is made outside of the project. */
export function isExternal(node: YamlNode | YamlMap | undefined): boolean {
  return node?.kind === "map" && textAt(node, "external") === "true";
}
