import type { GatewayWith } from "../../../containers/targets/needs.ts";
import type { GatewayAnswers } from "../../../helpers/agents/agent-diagnosis.ts";
import type { FailureEvidence } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { movedAddresses } from "../../../helpers/deployment/clients/codex-copy.ts";
import { curlCommand } from "../../support/curl-command.ts";
import { clientOf } from "./policy-lookup.ts";

/** The gateway's addresses in a client's config, and the client's key. */
export interface ClientAccess {
  /** Base URL of the model's API, e.g. `http://litellm.linuxserver.lan/v1`. */
  modelUrl: string;
  mcpUrl: string;
  key: string;
}

/** A request with a client's key. */
export interface KeyedRequest {
  url: string;
  key: string;
  /** Sent as JSON by POST. Default: a GET. */
  body?: object;
  /** Header lines. */
  headers?: readonly string[];
}

/** The answer that a machine of the rig got. */
export interface MachineAnswer {
  /** 0 where there was none. */
  status: number;
  /** The header lines. */
  head: string;
  body: string;
  /** The status, or what curl printed of its error. */
  text: string;
  evidence: FailureEvidence;
}

/** The first message of an MCP session. */
export const initializeMessage = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "gateway-conformance", version: "1.0.0" },
  },
};

/** Asks the gateway with a client's own key and curl, from the network that the client is on. */
export async function gatewayAnswers(
  gateway: GatewayWith<"commands">,
  { modelUrl, mcpUrl, key }: ClientAccess,
): Promise<GatewayAnswers> {
  const isInside =
    clientOf(gateway, "codex")?.from === "traefik-network" || movedAddresses(gateway.deployment).length > 0;
  const machine = isInside ? "inside-host" : "lan-host";
  const ask = (url: string, body?: object, headers?: readonly string[]): Promise<MachineAnswer> =>
    askFrom(gateway, machine, { url, key, ...(body && { body }), ...(headers && { headers }) });
  const [{ status: models }, initialized] = await Promise.all([
    ask(`${modelUrl}/models`),
    ask(mcpUrl, initializeMessage),
  ]);
  const statuses = { models: models || undefined, mcp: initialized.status || undefined };
  if (!isSuccess(initialized)) return { ...statuses, tools: undefined };
  const session = /^mcp-session-id: *(\S+)/im.exec(initialized.head)?.[1];
  const inSession = [
    "MCP-Protocol-Version: 2025-06-18",
    ...(session === undefined ? [] : [`Mcp-Session-Id: ${session}`]),
  ];
  await ask(mcpUrl, { jsonrpc: "2.0", method: "notifications/initialized" }, inSession);
  const listed = await ask(mcpUrl, { jsonrpc: "2.0", id: 2, method: "tools/list" }, inSession);
  return { ...statuses, tools: toolNames(listed.body) };
}

/** Whether an answer has a status of success. */
export function isSuccess({ status }: Pick<MachineAnswer, "status">): boolean {
  return status >= 200 && status <= 299;
}

/** Sends a request with curl from a machine of the rig. */
export async function askFrom(
  gateway: GatewayWith<"commands">,
  machine: string,
  { url, key, body, headers = [] }: KeyedRequest,
): Promise<MachineAnswer> {
  const lines = [`Authorization: Bearer ${key}`, "Accept: application/json, text/event-stream", ...headers];
  const command = curlCommand(url, [
    ...["--silent", "--show-error", "--include", "--insecure", "--max-time", String(deadlines.mcpRequest / 1000)],
    ...lines.flatMap((line) => ["--header", line]),
    ...(body === undefined ? [] : ["--header", "Content-Type: application/json", "--data", JSON.stringify(body)]),
    url,
  ]);
  const { id, exitCode, stdout, stderr } = await gateway.run(machine, command);
  const [, status, head = "", content = ""] = /^HTTP\/\S+ (\d{3})([\s\S]*?)\r?\n\r?\n([\s\S]*)$/.exec(stdout) ?? [];
  const error = stderr.trim() || `curl ended with exit code ${exitCode}`;
  return {
    status: Number(status ?? 0),
    head,
    body: content,
    text: status === undefined ? error : `status ${status}`,
    evidence: {
      sent: `curl ${url}, on ${machine}`,
      received: status === undefined ? error : `${status}\n${content.slice(0, 600)}`,
      commands: [id],
    },
  };
}

/** From JSON, or from the first event of a stream. */
function toolNames(body: string): string[] | undefined {
  const json = body.split("\n").find((line) => /^(?:data: ?)?\{/.test(line));
  try {
    const { result } = JSON.parse(json?.replace(/^data: ?/, "") ?? "") as { result?: { tools?: { name: string }[] } };
    return result?.tools?.map(({ name }) => name);
  } catch {
    return undefined;
  }
}
