/**
 * The faults that the fault front can produce, each at the host name `<fault>.faults`. It forwards everything else to
 * the real gateway.
 */
export const faults = ["mcp-404", "mcp-401", "mcp-500", "empty-catalogue", "late-catalogue"] as const;

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

/** The id of a `tools/list` request; undefined for any other body. */
export function toolsRequest(body: string): string | number | undefined {
  try {
    const { method, id } = JSON.parse(body) as { method?: unknown; id?: unknown };
    return method === "tools/list" && (typeof id === "string" || typeof id === "number") ? id : undefined;
  } catch {
    return undefined;
  }
}

/** LiteLLM's response to `tools/list`, with status 200, when none of its upstreams answers. */
export function emptyCatalogue(id: string | number): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result: { tools: [] } });
}
