import type { ComposeFile, ComposeService } from "../compose/types.ts";
import type { Facts } from "../facts.ts";
import type { LiteLLMConfig } from "../litellm/types.ts";
import { isInDockerfile, outlineOf } from "../services/build-outline.ts";
import { valueOfUnset } from "../source/literal-secrets.ts";
import { serviceOf } from "./files/roles.ts";
import { isRule, type ServiceOutline } from "./files/service-outline.ts";
import type { HostValues } from "./host/host-values.ts";
import { type SecretKind, secretKind } from "./sections/secret-kinds.ts";

/** A deployment's facts, as inference looks at them. */
export interface DeploymentView {
  /** Absolute path. */
  folder: string;
  compose: ComposeFile;
  litellm: ComposeService;
  /** Undefined for a gateway behind another proxy, or behind none. */
  traefik: ComposeService | undefined;
  /** Undefined where LiteLLM runs without a config, or it can't be read. */
  config: LiteLLMConfig | undefined;
  /** Every variable of the env files, by name. */
  variables: ReadonlyMap<string, string>;
  /** What the policy states for variables of the shell. */
  shell: readonly string[];
  /** Kinds of variables that are secrets by their use, whatever their names are. */
  kinds: ReadonlyMap<string, SecretKind>;
}

/** What {@link deploymentView} finds missing. */
export type MissingPart = "compose" | "litellm";

/** Looks up LiteLLM and Traefik, and collects the variables of every env file. */
export function deploymentView(facts: Facts): DeploymentView | MissingPart {
  const { compose, folder } = facts;
  if (compose === undefined) return "compose";
  const services = [...compose.services.values()];
  const litellm = serviceOf("litellm", services, serviceOutline);
  const traefik = serviceOf("traefik", services, serviceOutline);
  if (litellm === undefined) return "litellm";
  return {
    folder,
    compose,
    litellm,
    traefik,
    config: facts.liteLLM(litellm.key)?.config,
    variables: variablesOf(facts, compose, services),
    shell: [],
    kinds: new Map(),
  };
}

/**
 * The same, with secrets that have defaults in compose files or that compose demands as variables, also where no env file sets them,
 * and with the kinds of variables that fill a secret of a service's environment.
 */
export function withHostSecrets(
  view: DeploymentView,
  {
    secretDefaults,
    demandedSecrets,
    fills,
    variables,
  }: Pick<HostValues, "secretDefaults" | "demandedSecrets" | "fills" | "variables">,
): DeploymentView {
  const unset = [
    ...secretDefaults,
    ...demandedSecrets.map(({ name, kind }) => ({ name, kind, value: valueOfUnset(name) })),
  ];
  const byKey = [...view.variables].flatMap(([name, value]): [string, SecretKind][] => {
    const kind = (fills.get(name) ?? []).map((key) => secretKind(key, value)).find((one) => one !== undefined);
    return kind === undefined ? [] : [[name, kind]];
  });
  return {
    ...view,
    variables: new Map([
      ...view.variables,
      ...unset.flatMap(({ name, value }): [string, string][] => (view.variables.has(name) ? [] : [[name, value]])),
    ]),
    shell: [...variables.values()].map(({ value }) => value),
    kinds: new Map([...byKey, ...unset.map(({ name, kind }) => [name, kind] as const)]),
  };
}

/** A service as {@link roleSigns} looks at it. */
export function serviceOutline(service: ComposeService): ServiceOutline {
  const { name, image, build, command, entrypoint, mounts, labels, deployLabels } = service;
  return {
    name,
    image: image?.value,
    bases: build === undefined ? [] : (outlineOf(build)?.bases.toReversed() ?? []),
    mounts: mounts.map(({ target }) => target),
    command: [...(entrypoint ?? []), ...(command ?? [])].join(" "),
    sources: mounts.flatMap(({ kind, isAvailable, source }) => (kind === "bind" && isAvailable ? source : [])),
    hasRules: [...labels.keys(), ...deployLabels.keys()].some(isRule),
  };
}

/** The env files' variables: those for interpolation, and what the services get from files of their own. */
function variablesOf({ originals }: Facts, { projects }: ComposeFile, services: readonly ComposeService[]) {
  const composeFiles = new Set(projects.flatMap(({ files }) => files));
  const own = services.flatMap((service) =>
    [...service.environment].filter(
      ([, { location }]) => !composeFiles.has(location.file) && !isInDockerfile(service, location),
    ),
  );
  return new Map([...(originals ?? []), ...own].map(([name, { value }]) => [name, value]));
}
