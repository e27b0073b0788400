import type { YamlMap, YamlNode } from "../../source/yaml-tree.ts";
import type { ProjectVariables } from "../environment/project-variables.ts";
import { changeEach, changeEntry, entryOf, isNull, scalarNode, textOf, withEntry } from "./nodes.ts";

/**
 * Gives a value to what takes it from a variable by its name: a name without a value under `environment:` and
 * `build.args:`, and `environment: NAME` of a config or a secret.
 *
 * Source: compose-go, loader/environment.go and loader/normalize.go.
 */
export function resolveEnvironment(model: YamlMap, variables: ProjectVariables): YamlMap {
  const values = (node: YamlNode): YamlNode =>
    node.kind === "map"
      ? changeEach(node, (value, name) => {
          const found = isNull(value) ? variables.get(name) : undefined;
          return found === undefined ? value : scalarNode(found, value);
        })
      : node;
  let result = changeEntry(model, "services", (services) =>
    services.kind === "map"
      ? changeEach(services, (service) => {
          if (service.kind !== "map") return service;
          const own = changeEntry(service, "environment", values);
          return changeEntry(own, "build", (build) =>
            build.kind === "map" ? changeEntry(build, "args", values) : build,
          );
        })
      : services,
  );
  for (const section of ["configs", "secrets"])
    result = changeEntry(result, section, (all) =>
      all.kind === "map" ? changeEach(all, (one) => withContent(one, variables)) : all,
    );
  return result;
}

/** A config or a secret with the value of the variable that it names. */
function withContent(node: YamlNode, variables: ProjectVariables): YamlNode {
  if (node.kind !== "map") return node;
  const named = node.entries.get("environment");
  const value = variables.get(textOf(named?.value) ?? "");
  if (named === undefined || value === undefined) return node;
  return withEntry(node, "content", entryOf(scalarNode(value, named.value)));
}
