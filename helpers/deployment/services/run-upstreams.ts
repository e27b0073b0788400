import type { UpstreamConfig } from "../litellm/types.ts";
import type { Deployment } from "../types.ts";

/** What the API registers no more of than its address. */
const plain = {
  tools: { allowed: undefined, disallowed: undefined },
  headers: new Map<string, string>(),
} satisfies Partial<UpstreamConfig>;

/**
 * The upstreams that are part of a run: those of LiteLLM's config, and those that the policy has LiteLLM keep in its
 * database. Without what the policy leaves out.
 */
export function runUpstreams({
  policy,
  litellmConfig,
}: Pick<Deployment, "policy" | "litellmConfig">): UpstreamConfig[] {
  const leftOut = new Set(policy.upstreams.flatMap(({ name, leftOut }) => (leftOut === undefined ? [] : name)));
  const registered = policy.upstreams.flatMap(
    ({ name, url, transport = "http", accessGroups, allowAllKeys, location }): UpstreamConfig[] => {
      if (url === undefined) return [];
      const prefix = { value: name, location };
      return [{ name, location, prefix, ...plain, accessGroups, allowAllKeys, transport, url }];
    },
  );
  return [...litellmConfig.upstreams, ...registered].filter(({ name }) => !leftOut.has(name));
}
