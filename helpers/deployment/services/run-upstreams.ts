import type { UpstreamConfig } from "../litellm/types.ts";
import type { Deployment } from "../types.ts";

/** What the API registers no more of than its address. */
const plain = {
  tools: { allowed: undefined, disallowed: undefined },
  accessGroups: [],
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
  const registered = policy.upstreams.flatMap(({ name, url, transport = "http", location }): UpstreamConfig[] =>
    url === undefined ? [] : [{ name, location, prefix: { value: name, location }, ...plain, transport, url }],
  );
  return [...litellmConfig.upstreams, ...registered].filter(({ name }) => !leftOut.has(name));
}
