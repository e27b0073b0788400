import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { PolicyClient, PolicyUpstream } from "../../../helpers/deployment/types.ts";

/** The policy's client of a kind; undefined when it names none. */
export function clientOf({ policy }: GatewayTarget, kind: PolicyClient["kind"]): PolicyClient | undefined {
  return policy.clients.find((client) => client.kind === kind);
}

/**
 * The policy's client of a kind.
 *
 * @throws {CheckFailure} when it names none
 */
export function mustHaveClient(gateway: GatewayTarget, kind: PolicyClient["kind"]): PolicyClient {
  const client = clientOf(gateway, kind);
  if (client !== undefined) return client;
  throw new CheckFailure({
    summary: `the policy names no client of kind ${kind}`,
    cause: "clients in policy.yaml",
    location: { file: gateway.policy.file, line: 1 },
  });
}

/** The upstream behind which the run's Postgres stands, and the tool that asks it. */
export function databaseTool(gateway: GatewayTarget): { upstream: PolicyUpstream; tool: string } {
  const upstream = gateway.policy.upstreams.find(({ database }) => database !== undefined);
  if (upstream === undefined) throw new CheckFailure({ summary: "the policy names no upstream with a database" });
  return { upstream, tool: `${upstream.name}-execute_sql` };
}

/** The upstream in whose directory the run's canary file lies, and where that is. */
export function fileTool(gateway: GatewayTarget): {
  upstream: PolicyUpstream;
  tool: string;
  path: string;
  directory: string;
} {
  const upstream = gateway.policy.upstreams.find(({ directory }) => directory !== undefined);
  if (upstream?.directory === undefined)
    throw new CheckFailure({ summary: "the policy names no upstream with a directory" });
  const { directory } = upstream;
  return {
    upstream,
    tool: `${upstream.name}-read_text_file`,
    path: `${directory.replace(/\/$/, "")}/${gateway.canaries.file.name}`,
    directory,
  };
}
