import type { ComposeService } from "../../compose/types.ts";
import type { SecretPlace } from "../../policy/types.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { literalKeyName } from "../edge/state-hosts.ts";
import type { ItemOf, Stated } from "../policy-input.ts";
import { type SecretKind, secretKind } from "./secret-kinds.ts";

type SecretInput = ItemOf<"secrets">;

/** A use of secrets that no compose service shows. */
export interface SecretUses {
  /** Variables that client configs name. */
  inClients: ReadonlySet<string>;
  /** Names that injected routes send. */
  injected: ReadonlySet<string>;
}

/** A shorter value can't be distinguished from an ordinary word. */
const shortest = 6;

/** The secrets of a deployment: variables of its env files and secrets of compose, each with the places that use it. */
export function stateSecrets(view: DeploymentView, uses: SecretUses): Stated<SecretInput>[] {
  const variables = [...view.variables].flatMap(([name, value]) => statedVariable(view, uses, name, value) ?? []);
  const literal = uses.injected.has(literalKeyName)
    ? [stated(literalKeyName, "api-key", ["traefik.labels", "traefik.api"], { questions: ["see `injected`"] })]
    : [];
  return [...variables, ...literal, ...composeSecrets(view)];
}

function statedVariable(
  view: DeploymentView,
  uses: SecretUses,
  name: string,
  value: string,
): Stated<SecretInput> | undefined {
  const named = secretKind(name, value) ?? view.kinds.get(name) ?? (uses.injected.has(name) ? "api-key" : undefined);
  if (named === undefined || value === "") return undefined;
  const isInjected = uses.injected.has(name);
  const used = placesOf(view, name, value);
  // The content of a secret of compose is stated as that secret.
  if (
    used.length === 0 &&
    view.compose.secrets.some(({ content }) => content.from === "variable" && content.variable === name)
  )
    return undefined;
  const places = new Set<SecretPlace>([...used, ...(isInjected ? (["traefik.labels", "traefik.api"] as const) : [])]);
  const liteLLMs = liteLLMEnvironments(view);
  const ofLiteLLM = [...places].filter((place) => liteLLMs.has(place));
  // A policy's `salt` means LiteLLM's only: other services have salts of their own.
  const isSalt = name === "LITELLM_SALT_KEY" || view.litellm.environment.get("LITELLM_SALT_KEY")?.value === value;
  const kind = named === "salt" && !isSalt ? "password" : named;
  const isClients = uses.inClients.has(name) || (kind === "api-key" && !isInjected && isForCallers(view, name));
  if (isClients) places.add("client.environment");
  const questions =
    isInjected && isMasterKey(view, name)
      ? [
          `${name} is LiteLLM's master key, and Traefik puts it into requests of anyone: is a key with fewer rights meant?`,
        ]
      : [];
  return stated(name, kind, kind === "salt" ? ofLiteLLM : [...places], { questions });
}

/** Where LiteLLM's salt belongs: several LiteLLMs with one database share it. */
function liteLLMEnvironments({ compose, litellm }: DeploymentView): ReadonlySet<SecretPlace> {
  const others = [...compose.services.values()].filter(({ image }) =>
    /(?:^|\/)litellm(?:-|:|@|$)/.test(image?.value ?? ""),
  );
  return new Set([
    "litellm.environment",
    ...others.filter((service) => service !== litellm).map(({ key }): SecretPlace => `${key}.environment`),
  ]);
}

function stated(
  name: string,
  kind: SecretKind,
  mayBeIn: readonly SecretPlace[],
  notes: Pick<Stated<SecretInput>, "questions"> = {},
): Stated<SecretInput> {
  return { value: { name, kind, may_be_in: [...mayBeIn] }, ...notes };
}

function placesOf(view: DeploymentView, name: string, value: string): SecretPlace[] {
  const { compose, litellm, config } = view;
  const holds = (text: string): boolean => value.length >= shortest && text.includes(value);
  const services = [...compose.services.values()].toSorted((a, b) => Number(b === litellm) - Number(a === litellm));
  const environments = services.flatMap((service): SecretPlace[] =>
    isInEnvironment(service, name, value, holds)
      ? [service === litellm ? "litellm.environment" : `${service.key}.environment`]
      : [],
  );
  const commands = services.flatMap(({ key, command, entrypoint }): SecretPlace[] =>
    [...(command ?? []), ...(entrypoint ?? [])].some(holds) ? [`${key}.command`] : [],
  );
  const isInLabels = services.some(({ labels, deployLabels }) =>
    [...labels.values(), ...deployLabels.values()].some((label) => holds(label.value)),
  );
  const isInUpstream = config?.upstreams.some(
    (upstream) =>
      upstream.transport === "stdio" &&
      [...upstream.env.values()].some((one) => holds(one) || names(one).includes(name)),
  );
  return [
    ...environments,
    ...commands,
    ...(isInUpstream ? (["upstream.environment"] as const) : []),
    ...(isInLabels ? (["traefik.labels", "traefik.api"] as const) : []),
    ...(config !== undefined && holds(JSON.stringify(config.document)) ? (["litellm.config"] as const) : []),
  ];
}

function isInEnvironment(
  { environment }: ComposeService,
  name: string,
  value: string,
  holds: (text: string) => boolean,
): boolean {
  return environment.get(name)?.value === value || [...environment.values()].some((own) => holds(own.value));
}

/** The variables that a value of LiteLLM's config refers to, also in a form that LiteLLM does not read. */
function names(text: string): string[] {
  return [...text.matchAll(/os\.environ\/(\w+)|\$\{(\w+)\}/g)].flatMap(([, first, second]) => first ?? second ?? []);
}

/**
 * A key that is in LiteLLM's environment and that its config does not use: with a key module, one of its callers' keys,
 * so their environments have it too.
 */
function isForCallers({ litellm, config }: DeploymentView, name: string): boolean {
  if (config?.customAuth === undefined || !litellm.environment.has(name)) return false;
  return !names(JSON.stringify(config.document)).includes(name);
}

/** Whether a variable holds the key that may do everything. */
export function isMasterKey({ config, variables }: DeploymentView, name: string): boolean {
  const value = variables.get(name);
  return name === "LITELLM_MASTER_KEY" || (value !== undefined && config?.masterKey === value);
}

/** The secrets of compose that a service mounts. */
function composeSecrets({ compose, litellm }: DeploymentView): Stated<SecretInput>[] {
  return compose.secrets.flatMap(({ name }) => {
    const users = [...compose.services.values()].filter(({ files }) =>
      files.some((file) => file.kind === "secret" && file.name === name),
    );
    const named = secretKind(name.toUpperCase(), "");
    if (users.length === 0 || (named === undefined && isCertificate(name))) return [];
    const kind = named ?? "password";
    const places = users.map(
      (user): SecretPlace => (user === litellm ? "litellm.environment" : `${user.key}.environment`),
    );
    return [{ value: { name, in: "compose-secret" as const, kind, may_be_in: places } }];
  });
}

/** A certificate is public: only its key is a secret. */
function isCertificate(name: string): boolean {
  return /(?:^|[_.-])(?:certs?|crt|certificates?|fullchain)(?:[_.-]|$)/i.test(name);
}
