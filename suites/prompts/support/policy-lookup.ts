import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import type { ScriptedCall } from "../../../containers/targets/rig-access/scripted-model.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { serverLine } from "../../../helpers/deployment/litellm/blame.ts";
import { catalogueName } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import type { Policy, PolicyClient, PolicyUpstream } from "../../../helpers/deployment/types.ts";

/** The policy's client of a kind; undefined when it names none. */
export function clientOf({ policy }: GatewayTarget, kind: PolicyClient["kind"]): PolicyClient | undefined {
  return policy.clients.find((client) => client.kind === kind);
}

/**
 * The policy's client of a kind.
 *
 * @throws {NotSupported} when it names none
 */
export function requireClient(gateway: GatewayTarget, kind: PolicyClient["kind"]): PolicyClient {
  const client = clientOf(gateway, kind);
  if (client !== undefined) return client;
  throw new NotSupported(`the policy names no client of kind ${kind}`);
}

/** The tools that the checks know how to call: of postgres-mcp and of server-filesystem. */
const queryTool = "execute_sql";
const readTool = "read_text_file";

/**
 * The upstream of the run's Postgres, located where LiteLLM's config says otherwise than the policy, and its tool that runs a
 * query.
 *
 * @throws {NotSupported} when the policy names no upstream with a database and that tool
 */
export function databaseTool({ policy, deployment }: GatewayTarget): { upstream: PolicyUpstream; tool: string } {
  const upstream = queriedUpstream(policy);
  if (upstream === undefined) throw missingUpstream("database", queryTool);
  return {
    upstream: configured(deployment, upstream),
    tool: catalogueName(deployment.litellmConfig, upstream.name, queryTool),
  };
}

/**
 * The upstream whose directory has the run's canary file, located as that of {@link databaseTool}, its tool that reads a file,
 * and the file's path there.
 *
 * @throws {NotSupported} when the policy names no upstream with a directory and that tool
 */
export function fileTool({ policy, canaries, deployment }: GatewayWith<"canaries">): {
  upstream: PolicyUpstream;
  tool: string;
  path: string;
} {
  const upstream = readUpstream(policy);
  if (upstream?.directory === undefined) throw missingUpstream("directory", readTool);
  const directory = upstream.directory.replace(/\/$/, "");
  const tool = catalogueName(deployment.litellmConfig, upstream.name, readTool);
  return { upstream: configured(deployment, upstream), tool, path: `${directory}/${canaries.file.name}` };
}

/** A call of one of the policy's upstreams whose result contains a canary of the run. */
export interface CanaryCall {
  kind: "query" | "read";
  upstream: PolicyUpstream;
  call: ScriptedCall;
  canary: string;
}

/**
 * The calls of {@link CanaryCall} that the policy's upstreams allow: one lists the run's databases, one reads the run's canary file.
 *
 * @throws {NotSupported} when the policy names neither an upstream of {@link databaseTool} nor one of {@link fileTool}
 */
export function canaryCalls(gateway: GatewayWith<"canaries">): [CanaryCall, ...CanaryCall[]] {
  const { policy, canaries } = gateway;
  const calls: CanaryCall[] = [];
  if (queriedUpstream(policy) !== undefined) {
    const { upstream, tool } = databaseTool(gateway);
    const call = { tool, arguments: { sql: "SELECT datname FROM pg_database" } };
    calls.push({ kind: "query", upstream, call, canary: canaries.database });
  }
  if (readUpstream(policy) !== undefined) {
    const { upstream, tool, path } = fileTool(gateway);
    calls.push({ kind: "read", upstream, call: { tool, arguments: { path } }, canary: canaries.file.content });
  }
  const [first, ...others] = calls;
  if (first !== undefined) return [first, ...others];
  throw new NotSupported(
    `the policy names no upstream with a database and the tool ${queryTool}, and none with a directory and the tool ${readTool}`,
  );
}

/** The first of {@link canaryCalls}. */
export function canaryCall(gateway: GatewayWith<"canaries">): CanaryCall {
  return canaryCalls(gateway)[0];
}

function queriedUpstream({ upstreams }: Policy): PolicyUpstream | undefined {
  return upstreams.find(({ database, tools }) => database !== undefined && tools.includes(queryTool));
}

function readUpstream({ upstreams }: Policy): PolicyUpstream | undefined {
  return upstreams.find(({ directory, tools }) => directory !== undefined && tools.includes(readTool));
}

function configured(deployment: GatewayTarget["deployment"], upstream: PolicyUpstream): PolicyUpstream {
  return { ...upstream, location: serverLine(deployment, upstream.name)?.location ?? upstream.location };
}

/** The value in this run of one of the policy's secrets; undefined for a name that is not one of them. */
export function secretValue(gateway: GatewayTarget, name: string | undefined): string | undefined {
  const secret = gateway.policy.secrets.find((one) => one.name === name);
  return secret && gateway.secret(secret.name);
}

function missingUpstream(key: "database" | "directory", tool: string): NotSupported {
  return new NotSupported(`the policy names no upstream with a ${key} and the tool ${tool}`);
}
