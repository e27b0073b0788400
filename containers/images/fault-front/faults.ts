/**
 * What goes wrong at `<fault>.faults`, on the wire; the suite names its hosts by these. Everything else is the real
 * gateway's answer.
 */
export const faults = ["mcp-404", "mcp-401", "mcp-500", "empty-catalogue", "late-catalogue"] as const;

export type Fault = (typeof faults)[number];

/** Where no fault is met: all is handed on, which shows that the front itself is none. */
export const faultlessHost = "no-fault.faults";

/** Where a fault is met, e.g. `mcp-404.faults`. */
export function faultHost(fault: Fault): string {
  return `${fault}.faults`;
}

/** The fault that a Host header asks for; undefined for none, then all is handed on. */
export function faultOf(host: string | undefined): Fault | undefined {
  const [label] = (host ?? "").split(".");
  return faults.find((fault) => fault === label);
}

/** The status that a fault puts in place of MCP's answer; undefined when the answer is the gateway's own. */
export function statusOf(fault: Fault): number | undefined {
  const [, status] = /^mcp-(\d{3})$/.exec(fault) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** Whether a body is a `tools/list` request, alone or in a batch. */
export function asksForTools(body: string): boolean {
  try {
    const message = JSON.parse(body) as { method?: unknown } | { method?: unknown }[];
    return [message].flat().some(({ method }) => method === "tools/list");
  } catch {
    return false;
  }
}

/** The answer to `tools/list` with no tool left in it; as JSON or as an event stream, as the gateway framed it. */
export function withoutTools(body: string): string {
  const lines = body.split("\n");
  const emptied = lines.map((line) => {
    const [, prefix = "", json = ""] = /^(data: ?)?(\{.*)$/.exec(line) ?? [];
    if (json === "") return line;
    const message = JSON.parse(json) as { result?: { tools?: unknown[] } };
    if (message.result?.tools !== undefined) message.result.tools = [];
    return `${prefix}${JSON.stringify(message)}`;
  });
  return emptied.join("\n");
}
