import type { Written } from "../../source/location.ts";
import type { ValueProblem, YamlMap } from "../../source/yaml-tree.ts";
import { isNull, textOf } from "../loading/nodes.ts";
import type { ComposeValue } from "../types.ts";
import type { ServiceContext } from "./service-context.ts";
import { entriesAt, flagAt, itemsAt, textAt, valuesAt } from "./values.ts";

/**
 * Where LiteLLM's image looks for variables by itself: it calls python-dotenv, which searches upwards from the package. Source:
 * litellm/__init__.py, `load_dotenv`; the quick start mounts `./.env` there.
 */
export const liteLLMDotenv = "/app/.env";

/**
 * The variables of `env_file`, overridden by `environment`; then those of a file that LiteLLM reads by itself, which override
 * nothing.
 *
 * Source: compose-go, types/project.go, `WithServicesEnvironmentResolved`.
 */
export function readEnvironment(
  service: YamlMap,
  within: string,
  { variables: outer, envFiles, notes }: ServiceContext,
): { variables: Map<string, Written<string>>; missing: ValueProblem[] } {
  const own = entriesAt(service, "environment");
  const inline = new Map(own.map(({ name, value }) => [name, textOf(value)]));
  const variables = new Map<string, Written<string>>();
  const missing: ValueProblem[] = [];
  for (const item of itemsAt(service, "env_file")) {
    if (item.kind !== "map") continue;
    const file = textAt(item, "path");
    if (file === undefined || file === "") continue;
    const problem = envFiles.forService(
      { file, required: flagAt(item, "required") ?? true, format: textAt(item, "format"), location: item.location },
      variables,
      { get: (name) => outer.get(name) ?? inline.get(name) },
    );
    if (problem !== undefined) missing.push(problem);
  }
  for (const { name, location, value } of own) {
    const text = textOf(value);
    if (text !== undefined) variables.set(name, { value: text, location });
    else if (isNull(value)) {
      variables.delete(name);
      notes.add(
        "finding",
        location,
        `${within}.environment.${name} has no value, and no file gives it one`,
        "compose takes it from the host's shell, and leaves it out where that has none",
        `add '${name}:' under 'variables:' in policy.yaml, or write ${name}: "" for an empty value`,
      );
    }
  }
  // In another mode it reads none.
  if ((variables.get("LITELLM_MODE")?.value ?? "DEV") === "DEV")
    for (const [name, value] of readDotenv(service, within, envFiles, notes))
      if (!variables.has(name)) variables.set(name, value);
  return { variables, missing };
}

function readDotenv(
  service: YamlMap,
  within: string,
  envFiles: ServiceContext["envFiles"],
  notes: ServiceContext["notes"],
): Map<string, Written<string>> {
  const variables = new Map<string, Written<string>>();
  if (!/litellm/i.test(textAt(service, "image") ?? "")) return variables;
  for (const item of itemsAt(service, "volumes")) {
    if (item.kind !== "map" || textAt(item, "type") !== "bind" || textAt(item, "target") !== liteLLMDotenv) continue;
    const file = textAt(item, "source") ?? "";
    envFiles.forService({ file, required: false, location: item.location }, variables, { get: () => undefined });
    if (variables.size > 0)
      notes.add(
        "change",
        item.location,
        `${within} gets the variables of the file on ${liteLLMDotenv} as its environment`,
        "LiteLLM's image reads that file by itself: whether yours does depends on its version, and is not proved",
        "name the file under 'env_file', which works with every version",
      );
  }
  return variables;
}

/** The labels of `label_file`, overridden by `labels`. */
export function readLabels(service: YamlMap, within: string, context: ServiceContext): Map<string, ComposeValue> {
  const labels = new Map<string, ComposeValue>();
  const fromFiles = new Map<string, Written<string>>();
  for (const item of itemsAt(service, "label_file")) {
    const file = textOf(item);
    if (file === undefined) continue;
    const problem = context.envFiles.forService({ file, required: true, location: item.location }, fromFiles, {
      get: () => undefined,
    });
    if (problem !== undefined)
      context.faults.add(problem.location, problem.what.replace("env file", `label file of ${within}`), problem.fix);
  }
  for (const [name, value] of fromFiles) labels.set(name, { ...value, path: [] });
  for (const [name, value] of valuesAt(service, context.textOf, "labels")) labels.set(name, value);
  return labels;
}
