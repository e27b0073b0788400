import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import type { ScriptedCall } from "../../../containers/targets/rig-access/scripted-model.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { serverLine } from "../../../helpers/deployment/litellm/blame.ts";
import { catalogueName } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import type { Policy, PolicyClient, PolicyUpstream } from "../../../helpers/deployment/types.ts";
import { expectPolicyServer } from "../../support/any-server.ts";

/** The policy's client of a kind; undefined when it names none. */
export function clientOf({ policy }: GatewayTarget, kind: PolicyClient["kind"]): PolicyClient | undefined {
  return policy.clients.find((client) => client.kind === kind);
}

/** What the policy may say of a client in place of its config. */
const accessWithoutConfig: Partial<Record<PolicyClient["kind"], string>> = {
  codex: "key: SECRET",
  "open-webui": "service: NAME",
};

/**
 * The policy's client of a kind.
 *
 * @throws {NotSupported} when it names none, saying how to add it
 */
export function requireClient(gateway: GatewayTarget, kind: PolicyClient["kind"]): PolicyClient {
  const client = clientOf(gateway, kind);
  if (client !== undefined) return client;
  const example = `- { name: ${kind}, kind: ${kind}, ${accessWithoutConfig[kind] ?? "config: FILE"} }`;
  throw new NotSupported(
    `the policy names no client of kind ${kind}; it can be added to the policy: clients: ${example}`,
  );
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
  if (upstream === undefined) throw missingUpstream(policy, "database", queryTool);
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
  if (upstream?.directory === undefined) throw missingUpstream(policy, "directory", readTool);
  const directory = upstream.directory.replace(/\/$/, "");
  const tool = catalogueName(deployment.litellmConfig, upstream.name, readTool);
  return { upstream: configured(deployment, upstream), tool, path: `${directory}/${canaries.file.name}` };
}

/** A call of one of the policy's upstreams whose result contains a text that the suite knows. */
export interface CanaryCall {
  /** `query` lists the run's databases, `read` reads the run's canary file, `example` is one of `upstreams[].example`. */
  kind: "query" | "read" | "example";
  upstream: PolicyUpstream;
  call: ScriptedCall;
  /** A canary of the run; of an example the policy's own text, which is the same in each run. */
  canary: string;
}

/** A call of a server whose tools the suite knows, so that it also knows a call that the server must refuse. */
export type KnownServerCall = CanaryCall & { kind: "query" | "read" };

/**
 * The calls of {@link CanaryCall} that the policy's upstreams allow: one lists the run's databases, one reads the run's canary
 * file, and the others are the examples of upstreams that have neither of these calls.
 *
 * @throws {NotSupported} when there is none, saying what the policy must name
 */
export function canaryCalls(gateway: GatewayWith<"canaries">): [CanaryCall, ...CanaryCall[]] {
  const known = knownServerCalls(gateway);
  const [first, ...others] = [...known, ...exampleCalls(gateway, known)];
  if (first !== undefined) return [first, ...others];
  throw new NotSupported(
    `${noKnownServer}; a call with a known result can be stated in the policy: upstreams[].example`,
  );
}

/**
 * Those of {@link canaryCalls} to servers whose tools the suite knows; empty where none of the policy's servers is one.
 *
 * @throws {NotSupported} when the policy names no MCP server that is part of the run
 */
export function knownServerCalls(gateway: GatewayWith<"canaries">): KnownServerCall[] {
  const { policy, canaries } = gateway;
  expectPolicyServer(policy);
  const calls: KnownServerCall[] = [];
  if (queriedUpstream(policy) !== undefined) {
    const { upstream, tool } = databaseTool(gateway);
    const call = { tool, arguments: { sql: "SELECT datname FROM pg_database" } };
    calls.push({ kind: "query", upstream, call, canary: canaries.database });
  }
  if (readUpstream(policy) !== undefined) {
    const { upstream, tool, path } = fileTool(gateway);
    calls.push({ kind: "read", upstream, call: { tool, arguments: { path } }, canary: canaries.file.content });
  }
  return calls;
}

/** Why {@link knownServerCalls} is empty. */
export const noKnownServer = `the policy names no upstream with a database and the tool ${queryTool}, and none with a directory and the tool ${readTool}`;

/** The examples of upstreams that are part of the run. A stand-in is the suite's own server, and does not give the text. */
function exampleCalls({ policy, deployment }: GatewayTarget, known: readonly CanaryCall[]): CanaryCall[] {
  return policy.upstreams.flatMap((upstream): CanaryCall[] => {
    const { name, example, leftOut, standIn } = upstream;
    const isPartOfRun = leftOut === undefined && !standIn;
    if (example === undefined || !isPartOfRun || known.some((one) => one.upstream.name === name)) return [];
    const tool = catalogueName(deployment.litellmConfig, name, example.tool);
    const call = { tool, arguments: example.arguments };
    return [{ kind: "example", upstream: configured(deployment, upstream), call, canary: example.contains }];
  });
}

/** The likely cause of a result without its text: of an example, the policy itself may be wrong. */
export function exampleCause({ kind }: CanaryCall): { cause?: string } {
  if (kind !== "example") return {};
  return {
    cause: "the call failed on its way, or the tool's result does not always contain the text of the policy (example)",
  };
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

/** @throws {NotSupported} when the policy names no upstream at all: then its keys and tools are not what is missing */
function missingUpstream(policy: Policy, key: "database" | "directory", tool: string): NotSupported {
  expectPolicyServer(policy);
  return new NotSupported(`the policy names no upstream with a ${key} and the tool ${tool}`);
}
