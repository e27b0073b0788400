import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { catalogueName } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { serverPath } from "../../../helpers/deployment/policy/mcp-paths.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { isMessage, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { harmlessInput } from "./harmless-input.ts";
import { call, type ListedTool } from "./mcp-request.ts";

/** A documented way to call a tool. */
export interface CallWay {
  /** For the report, e.g. `tools/call at /mcp/`. */
  way: string;
  call(gateway: GatewayTarget, key: string | undefined, tool: ListedTool): Promise<Exchange>;
}

/** The way that every client uses. */
export function callAtEndpoint({ policy }: GatewayTarget): CallWay {
  const { endpoint } = policy.mcp;
  return { way: `tools/call at ${endpoint}`, call: (gateway, key, tool) => callAt(gateway, endpoint, key, tool) };
}

/**
 * The other documented ways: the server's own path, and LiteLLM's REST API.
 *
 * @param ids of the servers, by name
 */
export function otherCallWays({ policy }: GatewayTarget, ids: ReadonlyMap<string, string>): CallWay[] {
  return [
    {
      way: `tools/call at ${serverPath(policy, "<server>")}`,
      call: (gateway, key, tool) => callAt(gateway, serverPath(policy, tool.server), key, tool),
    },
    {
      way: "/mcp-rest/tools/call",
      call: (gateway, key, tool) =>
        gateway.send({
          path: "/mcp-rest/tools/call",
          method: "POST",
          headers: [["Content-Type", "application/json"]],
          ...(key === undefined ? {} : { bearer: key }),
          body: JSON.stringify({
            server_id: ids.get(tool.server),
            name: nameOf(gateway, tool),
            arguments: harmlessInput(tool.inputSchema),
          }),
          deadline: deadlines.mcpRequest,
        }),
    },
  ];
}

/**
 * What the server answered, without numbers and ids, which may differ from call to call; undefined where there is no content
 * of a result. Two callers who reach the server get the same; one whom LiteLLM refuses gets another text, or none.
 */
export function serverAnswer(exchange: Exchange): string | undefined {
  const body = jsonOf(exchange.response?.body);
  const content =
    resultOf(exchange, 1)?.content ?? (Array.isArray(body) ? body : isMessage(body) ? body.content : undefined);
  if (exchange.response?.status !== 200 || !Array.isArray(content)) return undefined;
  return JSON.stringify(content).replace(/[0-9a-f]{8,}|\d+/g, "0");
}

function callAt(gateway: GatewayTarget, path: string, key: string | undefined, tool: ListedTool): Promise<Exchange> {
  return call(gateway, path, key, { name: nameOf(gateway, tool), input: harmlessInput(tool.inputSchema) });
}

function nameOf({ deployment }: GatewayTarget, { server, name }: ListedTool): string {
  return catalogueName(deployment.litellmConfig, server, name);
}
