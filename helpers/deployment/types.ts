import type { ComposeFile, ComposeService } from "./compose/types.ts";
import type { Facts, FactsOptions } from "./facts.ts";
import type { LiteLLMConfig } from "./litellm/types.ts";
import type { Policy } from "./policy/types.ts";
import type { LiteralSecret } from "./source/literal-secrets.ts";
import type { Written } from "./source/location.ts";
import type { TraefikModel } from "./traefik/model.ts";

export type * from "./compose/types.ts";
export type * from "./litellm/types.ts";
export type * from "./policy/types.ts";
export type * from "./source/location.ts";

/** An operator's folder, read and checked. The suite never writes to it. */
export interface Deployment {
  /** Absolute path. */
  folder: string;
  /** `sha256:…` over every file of the folder by relative path and content. */
  digest: string;
  policy: Policy;
  /** Everything that the files say. */
  facts: Facts;
  compose: ComposeFile;
  /** The service that is LiteLLM. */
  litellm: ComposeService;
  /** The service that is Traefik; undefined for a gateway without one. */
  traefik: ComposeService | undefined;
  litellmConfig: LiteLLMConfig;
  /** Undefined where there is no Traefik. */
  traefikModel: TraefikModel | undefined;
  /** The secrets that the files have as text, as the operator wrote them. */
  literals: readonly LiteralSecret[];
  /** Variables of the env file, after replacement. */
  variables: ReadonlyMap<string, Written<string>>;
}

/** A deployment with a Traefik in front of LiteLLM. */
export interface DeploymentWithTraefik extends Deployment {
  traefik: ComposeService;
  traefikModel: TraefikModel;
}

/** Why a check of the edge does not apply. */
export const noTraefik = "the deployment has no Traefik";

/** Said of a policy without a login at an identity provider. */
export const noAuthorization = "the policy has no 'authorization': nobody logs in at an identity provider";

/** Whether a Traefik is part of the deployment. */
export function hasTraefik(deployment: Deployment): deployment is DeploymentWithTraefik {
  return deployment.traefik !== undefined && deployment.traefikModel !== undefined;
}

/** @throws {Error} for a deployment without Traefik */
export function withTraefik(deployment: Deployment): DeploymentWithTraefik {
  if (!hasTraefik(deployment)) throw new Error(noTraefik);
  return deployment;
}

/**
 * `replace` has the run's canaries: replacements for variables of the env file, made before anything is interpolated.
 * Where the original value is also pasted into a label, a command, an environment or LiteLLM's config, it is replaced
 * there too, so that a pasted secret is still recognised.
 */
export interface LoadOptions extends Pick<FactsOptions, "replace" | "versions"> {
  /** The policy's text, in place of the folder's `policy.yaml`. */
  policy?: string;
  /** The literal secrets that an earlier reading found; `replace` has their canaries by name. */
  literals?: readonly LiteralSecret[] | undefined;
}
