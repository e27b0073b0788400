import { EditableYaml } from "../../helpers/deployment/source/editable-yaml.ts";
import { FaultList } from "../../helpers/deployment/source/fault-list.ts";
import { readSource } from "../../helpers/deployment/source/source-file.ts";
import { parseYaml } from "../../helpers/deployment/source/yaml-tree.ts";
import type { EditableOption, TraefikOption } from "../../helpers/deployment/traefik/options.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";

/** What mutators work on: the deployment's facts, and its files as text that can be edited. */
export interface OperatorFiles {
  deployment: Deployment;
  compose: EditableYaml;
  litellmConfig: EditableYaml;
  policy: EditableYaml;
  /** Every label of Traefik's that can be edited, of every service. */
  labels: readonly EditableOption[];
  /** Every flag of Traefik's that can be edited. */
  flags: readonly EditableOption[];
}

/**
 * Opens the files of a deployment for mutators.
 *
 * @throws Error when the compose file, LiteLLM's config or the policy can't be edited: a loaded deployment has all three
 */
export function openOperatorFiles(deployment: Deployment): OperatorFiles {
  const { facts, folder, policy, traefikModel } = deployment;
  const compose = facts.composeText;
  const litellmConfig = facts.liteLLM(policy.services.litellm)?.text;
  const faults = new FaultList();
  const source = readSource(policy.file, faults, "write the policy");
  const root = source && parseYaml(source, faults);
  if (compose === undefined || litellmConfig === undefined || source === undefined || root === undefined)
    throw new Error(`${folder} is not loaded`);
  return {
    deployment,
    compose,
    litellmConfig,
    policy: new EditableYaml(folder, source, root),
    labels: traefikModel?.labels.filter(isEditable) ?? [],
    flags: traefikModel?.static.options.filter(isEditable) ?? [],
  };
}

function isEditable(option: TraefikOption): option is EditableOption {
  return option.text !== undefined;
}

/** The name and the option that a label sets in a section, in lower case: `litellm-public` and `priority`. */
export function optionOf(
  { path }: TraefikOption,
  section: "routers" | "middlewares" | "services",
): { name: string; option: string } | undefined {
  const [http, own, name, ...rest] = path;
  if (http !== "http" || own !== section || name === undefined || rest.length === 0) return undefined;
  return { name, option: rest.join(".").toLowerCase() };
}

/** The options that labels set on a router, as written: `priority` to `100`. */
export function optionsOfRouter(labels: readonly EditableOption[], router: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const label of labels) {
    const found = optionOf(label, "routers");
    if (found?.name === router) options.set(found.option, label.text.value.text);
  }
  return options;
}
