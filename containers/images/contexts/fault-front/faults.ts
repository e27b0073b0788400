/**
 * What goes wrong at `<fault>.faults`, on the wire; the suite names its hosts by these. Everything else is the real
 * gateway's answer.
 */
export const faults = ["mcp-404", "mcp-401", "mcp-500", "empty-catalogue", "late-catalogue"] as const;

export type GatewayFault = (typeof faults)[number];

/** Where no fault is met: all is handed on, which shows that the front itself is none. */
export const faultlessHost = "no-fault.faults";

/** Where a fault is met, e.g. `mcp-404.faults`. */
export function faultHost(fault: GatewayFault): string {
  return `${fault}.faults`;
}

/** The fault that a Host header asks for; undefined for none, then all is handed on. */
export function faultOf(host: string | undefined): GatewayFault | undefined {
  const [label] = (host ?? "").split(".");
  return faults.find((fault) => fault === label);
}

/** The status that a fault puts in place of MCP's answer; undefined when the answer is the gateway's own. */
export function statusOf(fault: GatewayFault): number | undefined {
  const [, status] = /^mcp-(\d{3})$/.exec(fault) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** The id of a `tools/list` request; undefined when a body is none. */
export function toolsRequest(body: string): string | number | undefined {
  try {
    const { method, id } = JSON.parse(body) as { method?: unknown; id?: unknown };
    return method === "tools/list" && (typeof id === "string" || typeof id === "number") ? id : undefined;
  } catch {
    return undefined;
  }
}

/** What LiteLLM answers to `tools/list` when none of its upstreams does, behind a 200. */
export function emptyCatalogue(id: string | number): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result: { tools: [] } });
}
