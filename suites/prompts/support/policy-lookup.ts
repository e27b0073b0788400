import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { catalogueName } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
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
export function requireClient(gateway: GatewayTarget, kind: PolicyClient["kind"]): PolicyClient {
  const client = clientOf(gateway, kind);
  if (client !== undefined) return client;
  throw new CheckFailure({
    summary: `the policy names no client of kind ${kind}`,
    code: "no-client",
    expected: `at least one client of kind ${kind}`,
    actual: "none",
    location: { file: gateway.policy.file, line: 1 },
    fix: "add the client, with the path of its config, to 'clients' in policy.yaml",
  });
}

/**
 * The upstream of the run's Postgres, and its tool that runs a query.
 *
 * @throws {CheckFailure} when the policy names no upstream with a database
 */
export function databaseTool({ policy, deployment }: GatewayTarget): { upstream: PolicyUpstream; tool: string } {
  const upstream = policy.upstreams.find(({ database }) => database !== undefined);
  if (upstream === undefined) throw missingUpstream(policy.file, "database");
  return { upstream, tool: catalogueName(deployment.litellmConfig, upstream.name, "execute_sql") };
}

/**
 * The upstream whose directory has the run's canary file, its tool that reads a file, and the file's path there.
 *
 * @throws {CheckFailure} when the policy names no upstream with a directory
 */
export function fileTool({ policy, canaries, deployment }: GatewayWith<"canaries">): {
  upstream: PolicyUpstream;
  tool: string;
  path: string;
} {
  const upstream = policy.upstreams.find(({ directory }) => directory !== undefined);
  if (upstream?.directory === undefined) throw missingUpstream(policy.file, "directory");
  const directory = upstream.directory.replace(/\/$/, "");
  const tool = catalogueName(deployment.litellmConfig, upstream.name, "read_text_file");
  return { upstream, tool, path: `${directory}/${canaries.file.name}` };
}

/** The value in this run of one of the policy's secrets; undefined for a name that is not one of them. */
export function secretValue(gateway: GatewayTarget, name: string | undefined): string | undefined {
  const secret = gateway.policy.secrets.find((one) => one.name === name);
  return secret && gateway.secret(secret.name);
}

function missingUpstream(file: string, key: "database" | "directory"): CheckFailure {
  return new CheckFailure({
    summary: `the policy names no upstream with a ${key}`,
    code: `no-${key}-upstream`,
    expected: `at least one upstream with '${key}'`,
    actual: "none",
    location: { file, line: 1 },
    fix: `add '${key}' to an upstream in policy.yaml`,
  });
}
