/**
 * The faults that the fault front can produce, each at the host name `<fault>.faults`. It forwards everything else to
 * the real gateway.
 */
export const faults = [
  "mcp-404",
  "mcp-401",
  "mcp-500",
  "empty-catalogue",
  "late-catalogue",
  "call-refused",
  "call-slow",
  "call-gone",
] as const;

/** Name of a fault. */
export type GatewayFault = (typeof faults)[number];

/** The host name without a fault: everything is forwarded, which proves that the front itself changes nothing. */
export const faultlessHost = "no-fault.faults";

/** The host name of a fault, e.g. `mcp-404.faults`. */
export function faultHost(fault: GatewayFault): string {
  return `${fault}.faults`;
}

/** The fault that a Host header selects; undefined for none. */
export function faultOf(host: string | undefined): GatewayFault | undefined {
  const [label] = (host ?? "").split(".");
  return faults.find((fault) => fault === label);
}

/** The status that a fault returns instead of the gateway's MCP response; undefined when the fault forwards it. */
export function statusOf(fault: GatewayFault): number | undefined {
  const [, status] = /^mcp-(\d{3})$/.exec(fault) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** The id of a request with this method; undefined for any other body. */
export function requestOf(body: string, wanted: "tools/list" | "tools/call"): string | number | undefined {
  try {
    const { method, id } = JSON.parse(body) as { method?: unknown; id?: unknown };
    return method === wanted && (typeof id === "string" || typeof id === "number") ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the front asks the gateway for the catalogue only once: the fault is in the calls, and a listing is slow on LiteLLM 1.77.1. */
export function remembersListing(fault: GatewayFault): boolean {
  return fault.startsWith("call-");
}

/** The cursor of a `tools/list` request. */
export function cursorOf(body: string): unknown {
  return (JSON.parse(body) as { params?: { cursor?: unknown } }).params?.cursor;
}

/** The result in the response to `tools/list`, in JSON or in an event; undefined for another response. */
export function listingIn(text: string): object | undefined {
  const [, event] = /^data: ?(.*)$/m.exec(text) ?? [];
  try {
    const { result } = JSON.parse(event ?? text) as { result?: object };
    return result !== undefined && "tools" in result ? result : undefined;
  } catch {
    return undefined;
  }
}

/** How long a slow call takes in addition, in milliseconds. */
export const slowCall = 10_000;

/** What a refused call and the call of a tool that is gone say. */
export const callErrors = {
  "call-refused": "Access denied by the fault front",
  "call-gone": "Unknown tool: gone",
} as const;

/** The answer to such a call: a refusal is a result that is marked as an error, an unknown tool a JSON-RPC error (MCP tools, error handling). */
export function callError(fault: keyof typeof callErrors, id: string | number): string {
  const text = callErrors[fault];
  const outcome =
    fault === "call-gone"
      ? { error: { code: -32602, message: text } }
      : { result: { content: [{ type: "text", text }], isError: true } };
  return JSON.stringify({ jsonrpc: "2.0", id, ...outcome });
}

/** LiteLLM's response to `tools/list`, with status 200, when none of its upstreams answers. */
export function emptyCatalogue(id: string | number): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result: { tools: [] } });
}
