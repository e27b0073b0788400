import { dirname, resolve } from "node:path";
import { suggest } from "../../../core/text/nearest.ts";
import type { YamlMap, YamlNode } from "../../source/yaml-tree.ts";
import { compareWithSchema } from "../compose-schema.ts";
import type { ProjectVariables } from "../environment/project-variables.ts";
import { canonicalService } from "./canonical.ts";
import { interpolateTree } from "./interpolate-tree.ts";
import type { LoadContext } from "./load-context.ts";
import { mergeTrees } from "./merge.ts";
import { changeEntry, entryOf, mapNode, mapOf, textOf, withEntry } from "./nodes.ts";
import { resolvePaths } from "./paths.ts";
import { dropPaths, type TreePath, takeTags } from "./tags.ts";

/** The file whose services may extend others. */
interface ExtendingFile {
  /** Absolute path. */
  file: string;
  /** Absolute path: relative paths in `extends:` start here. */
  folder: string;
  variables: ProjectVariables;
}

/** More than any deployment has. */
const MAX_CHAIN = 50;

/** The services of one file, as far as they are needed. */
interface Services extends ExtendingFile {
  services: YamlMap;
  /** What the file removes by `!reset` and `!override`. */
  dropped: readonly TreePath[];
}

/**
 * Replaces each service that extends another by the two merged.
 *
 * Source: compose-go, loader/extends.go.
 */
export function resolveExtends(
  model: YamlMap,
  dropped: readonly TreePath[],
  file: ExtendingFile,
  context: LoadContext,
): YamlMap {
  return changeEntry(model, "services", (services) => {
    if (services.kind !== "map") return services;
    const from: Services = { ...file, services, dropped };
    const entries = new Map(services.entries);
    for (const [name, entry] of services.entries) {
      const value = extended(name, from, [], context);
      if (value !== undefined) entries.set(name, { ...entry, value });
    }
    return { ...services, entries };
  });
}

/** A service with what it extends; undefined when there is no such service. */
function extended(name: string, from: Services, chain: readonly string[], context: LoadContext): YamlNode | undefined {
  const service = from.services.entries.get(name)?.value;
  if (service?.kind !== "map") return service;
  const reference = service.entries.get("extends")?.value;
  if (reference === undefined) return service;
  const own = withEntry(service, "extends", undefined);
  const { faults } = context;
  const step = `${from.file}#${name}`;
  if (chain.length >= MAX_CHAIN) {
    faults.add(reference.location, `more than ${MAX_CHAIN} services extend each other`, "write the service out");
    return own;
  }
  if (chain.includes(step)) {
    faults.add(reference.location, `services.${name} extends itself`, "break the circle of 'extends'");
    return own;
  }
  const other = reference.kind === "map" ? textOf(reference.entries.get("service")?.value) : textOf(reference);
  const path = reference.kind === "map" ? textOf(reference.entries.get("file")?.value) : undefined;
  if (other === undefined) return own;
  const target = path === undefined ? from : openServices(resolve(from.folder, path), from, reference, context);
  if (target === undefined) return own;
  if (!target.services.entries.has(other)) {
    faults.add(
      reference.location,
      `services.${name} extends '${other}', which ${path === undefined ? "this file" : `'${path}'`} does not have`,
      suggest(other, target.services.entries.keys(), "name a service of that file"),
    );
    return own;
  }
  const base = extended(other, target, [...chain, step], context);
  if (base?.kind !== "map") return own;
  if (path !== undefined) validate(other, base, context);
  const here = path === undefined ? base : atHome(base, target);
  const below = from.dropped.flatMap(([section, one, ...rest]) =>
    section === "services" && one === name ? [rest] : [],
  );
  return mergeTrees(dropPaths(here, below), own, ["services", name], faults);
}

/** The services of another file; undefined when it can't be read. */
function openServices(
  file: string,
  { variables }: ExtendingFile,
  reference: YamlNode,
  context: LoadContext,
): Services | undefined {
  const { sources, secrets, faults, budget } = context;
  const [root] = sources.read(file, reference.location) ?? [];
  if (root === undefined) return undefined;
  const { tree, dropped } = takeTags(root);
  const services = tree.kind === "map" ? tree.entries.get("services")?.value : undefined;
  if (services?.kind !== "map") {
    faults.add(reference.location, `the file '${file}' has no services`, "fix the path");
    return undefined;
  }
  // Other services of the file may need variables that this project does not have: they are not read.
  const entries = [...services.entries].map(
    ([name, entry]) =>
      [
        name,
        {
          ...entry,
          value: canonicalService(interpolateTree(entry.value, { variables, secrets, faults, budget }), faults),
        },
      ] as const,
  );
  return { file, folder: dirname(file), variables, services: mapNode(entries, services), dropped };
}

function validate(name: string, service: YamlMap, { faults }: LoadContext): void {
  const model = mapOf({ services: mapNode([[name, entryOf(service)]], service) }, service);
  const differences = compareWithSchema(model);
  differences.reportUnknownKeys(faults);
  differences.reportWrongValues(faults);
}

/** A service with its relative paths resolved against its own file's folder. */
function atHome(service: YamlMap, { folder, variables }: ExtendingFile): YamlMap {
  const model = resolvePaths(mapOf({ services: mapOf({ service }, service) }, service), folder, variables);
  const services = model.entries.get("services")?.value;
  const value = services?.kind === "map" ? services.entries.get("service")?.value : undefined;
  return value?.kind === "map" ? value : service;
}
