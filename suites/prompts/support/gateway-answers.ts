import type { GatewayWith } from "../../../containers/targets/needs.ts";
import type { GatewayAnswers } from "../../../helpers/agents/agent-diagnosis.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { curlCommand } from "../../support/curl-command.ts";
import { clientOf } from "./policy-lookup.ts";

/** The gateway's addresses in a client's config, and the client's key. */
export interface ClientAccess {
  /** Base URL of the model's API, e.g. `http://litellm.linuxserver.lan/v1`. */
  modelUrl: string;
  mcpUrl: string;
  key: string;
}

/** Asks the gateway with a client's own key and curl, from the network that the client is on. */
export async function gatewayAnswers(
  gateway: GatewayWith<"commands">,
  { modelUrl, mcpUrl, key }: ClientAccess,
): Promise<GatewayAnswers> {
  const ask = (url: string, body?: object, headers: readonly string[] = []) => curl(gateway, url, key, body, headers);
  const [models, initialized] = await Promise.all([
    ask(`${modelUrl}/models`),
    ask(mcpUrl, {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "gateway-conformance", version: "1.0.0" },
      },
    }),
  ]);
  if (initialized === undefined || initialized.status < 200 || initialized.status > 299)
    return { models: models?.status, mcp: initialized?.status, tools: undefined };
  const session = /^mcp-session-id: *(\S+)/im.exec(initialized.head)?.[1];
  const inSession = [
    "MCP-Protocol-Version: 2025-06-18",
    ...(session === undefined ? [] : [`Mcp-Session-Id: ${session}`]),
  ];
  await ask(mcpUrl, { jsonrpc: "2.0", method: "notifications/initialized" }, inSession);
  const listed = await ask(mcpUrl, { jsonrpc: "2.0", id: 2, method: "tools/list" }, inSession);
  return { models: models?.status, mcp: initialized.status, tools: toolNames(listed?.body ?? "") };
}

async function curl(
  gateway: GatewayWith<"commands">,
  url: string,
  key: string,
  body: object | undefined,
  headers: readonly string[],
): Promise<{ status: number; head: string; body: string } | undefined> {
  const lines = [`Authorization: Bearer ${key}`, "Accept: application/json, text/event-stream", ...headers];
  const command = curlCommand(url, [
    ...["--silent", "--show-error", "--include", "--insecure", "--max-time", String(deadlines.mcpRequest / 1000)],
    ...lines.flatMap((line) => ["--header", line]),
    ...(body === undefined ? [] : ["--header", "Content-Type: application/json", "--data", JSON.stringify(body)]),
    url,
  ]);
  const machine = clientOf(gateway, "codex")?.from === "traefik-network" ? "inside-host" : "lan-host";
  const { stdout } = await gateway.run(machine, command);
  const [, status, head = "", content = ""] = /^HTTP\/\S+ (\d{3})([\s\S]*?)\r?\n\r?\n([\s\S]*)$/.exec(stdout) ?? [];
  return status === undefined ? undefined : { status: Number(status), head, body: content };
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
