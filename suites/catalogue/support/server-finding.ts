import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { KnownCause } from "./mcp-client.ts";

/**
 * The cause of a failure of a server whose entry in LiteLLM's config has a value that LiteLLM does not read as it is meant.
 * Empty where there is none.
 *
 * @param servers names of the servers that fail
 */
export function serverFinding(
  { deployment }: { deployment: { litellmConfig: Pick<Deployment["litellmConfig"], "serverFindings"> } },
  servers: readonly string[],
): KnownCause {
  const [finding] = servers.flatMap((name) => deployment.litellmConfig.serverFindings.get(name) ?? []);
  if (finding === undefined) return {};
  return { cause: `${finding.what}: ${finding.why}`, location: finding.location, fix: finding.fix };
}
