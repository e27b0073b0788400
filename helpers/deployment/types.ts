export type * from "./compose/types.ts";
export type * from "./litellm/types.ts";
export type * from "./policy/types.ts";
export type * from "./source/location.ts";

import type { ComposeFile, ComposeService } from "./compose/types.ts";
import type { LiteLLMConfig } from "./litellm/types.ts";
import type { Policy } from "./policy/types.ts";
import type { Written } from "./source/location.ts";

/** An operator's folder, read and checked. Nothing of it is ever written to. */
export interface Deployment {
  /** Absolute path. */
  folder: string;
  /** `sha256:…` over every file of the folder by relative path and content. */
  digest: string;
  policy: Policy;
  compose: ComposeFile;
  /** The services that the policy names. */
  litellm: ComposeService;
  traefik: ComposeService;
  litellmConfig: LiteLLMConfig;
  /** Variables of the env file (after replacement). */
  variables: ReadonlyMap<string, Written<string>>;
}

export interface LoadOptions {
  /**
   * Replacements for variables of the env file, made before anything is interpolated: the run's canaries.
   * Where the original value also stands literally in a label, a command, an environment or LiteLLM's config, that is
   * replaced too, so that a pasted secret is still recognised.
   */
  replace?: ReadonlyMap<string, string>;
}
