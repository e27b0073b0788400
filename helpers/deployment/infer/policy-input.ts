import type { z } from "zod";
import type { policyShape } from "../policy/policy-shape.ts";

/** A policy as its file has it. */
export type PolicyInput = z.input<typeof policyShape>;

/** A host as a policy's file has it. */
export type HostInput = PolicyInput["hosts"][number];

/** A rule of a host's access as a policy's file has it. */
export type AccessInput = NonNullable<HostInput["access"]>[number];

/** An item of one of the policy's lists. */
export type ItemOf<Key extends keyof PolicyInput> =
  NonNullable<PolicyInput[Key]> extends readonly (infer Item)[] ? Item : never;

/** A value of the policy, and what a reader has to know or decide about it. */
export interface Stated<Value> {
  value: Value;
  /** Why it is stated; sentences. */
  remarks?: readonly string[];
  /** What can't be derived: the value is a default until somebody answers. */
  questions?: readonly string[];
}

/** What is derived of a deployment, section by section. */
export interface PolicyDraft {
  /** For the head of the file. */
  remarks: readonly string[];
  /** Questions whose answer belongs in the deployment's files: as they are, something does not work, or a secret is open. */
  toFix: readonly string[];
  /** All others: the policy has a guess until they are answered. */
  questions: readonly string[];
  services: { litellm?: string; traefik?: string | false } | undefined;
  envFile: Stated<string> | undefined;
  compose: readonly Stated<ItemOf<"compose">>[];
  variables: ReadonlyMap<string, Stated<string>>;
  files: ReadonlyMap<string, Stated<string>>;
  parts: ReadonlyMap<string, Stated<NonNullable<PolicyInput["parts"]>[string]>>;
  hosts: readonly Stated<HostInput>[];
  public: readonly Stated<ItemOf<"public">>[];
  refusal: NonNullable<PolicyInput["refusal"]> | undefined;
  injected: readonly Stated<ItemOf<"injected">>[];
  upstreams: readonly Stated<ItemOf<"upstreams">>[];
  models: readonly Stated<ItemOf<"models">>[];
  clients: readonly Stated<ItemOf<"clients">>[];
  /** Why Codex is not among the clients; undefined where it is. */
  reasonWithoutCodex: string | undefined;
  secrets: readonly Stated<ItemOf<"secrets">>[];
  reach: readonly Stated<ItemOf<"reach">>[];
  dockerSocket: readonly Stated<string>[];
  firewall: Stated<NonNullable<PolicyInput["firewall"]>> | undefined;
}
