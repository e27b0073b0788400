import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";

/**
 * The key of a caller of the gateway, for requests whose key only the edge looks at: LiteLLM's master key, else one that clients
 * hold, else one made up for the run. Never a provider's: no client sends it, and a report that names it would mislead.
 */
export function callerKey(
  { policy, litellmConfig }: Pick<Deployment, "policy" | "litellmConfig">,
  { secrets, key }: Pick<Canaries, "secrets" | "key">,
): string {
  const held = policy.secrets.flatMap(({ name, kind, mayBeIn }) => {
    const value = kind === "api-key" ? secrets.get(name) : undefined;
    return value === undefined ? [] : [{ value, isOfClients: mayBeIn.includes("client.environment") }];
  });
  const own = held.find(({ value }) => value === litellmConfig.masterKey) ?? held.find((one) => one.isOfClients);
  return own?.value ?? key;
}
