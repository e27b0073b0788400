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
  /** The services that the policy names. */
  litellm: ComposeService;
  traefik: ComposeService;
  litellmConfig: LiteLLMConfig;
  traefikModel: TraefikModel;
  /** The secrets that the files have as text, as the operator wrote them. */
  literals: readonly LiteralSecret[];
  /** Variables of the env file, after replacement. */
  variables: ReadonlyMap<string, Written<string>>;
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
