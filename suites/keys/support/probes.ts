import { randomUUID } from "node:crypto";
import type { GatewayWith } from "../../../containers/targets/needs.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";

/** A harmless call of one tool of a server, and how its answer shows that the server was reached. */
export interface Probe {
  server: string;
  /** Without prefix. */
  tool: string;
  input: Record<string, unknown>;
  /** Whether this answer comes from the server. */
  reached(answer: Exchange): boolean;
}

/** A call for each server that offers a tool which reads or echoes a value of the run. */
export function probesOf(gateway: GatewayWith<"canaries">, servers: readonly string[]): Probe[] {
  return servers.flatMap((server): Probe[] => {
    const upstream = gateway.policy.upstreams.find(({ name }) => name === server);
    const mark = randomUUID();
    const shows =
      (text: string) =>
      ({ response }: Exchange): boolean =>
        response?.body.includes(text) ?? false;
    if (upstream === undefined) return [];
    if (upstream.directory !== undefined && upstream.tools.includes("read_text_file")) {
      const { name, content } = gateway.canaries.file;
      const input = { path: `${upstream.directory}/${name}` };
      return [{ server, tool: "read_text_file", input, reached: shows(content) }];
    }
    if (upstream.database !== undefined && upstream.tools.includes("execute_sql"))
      return [{ server, tool: "execute_sql", input: { sql: `SELECT '${mark}' AS mark` }, reached: shows(mark) }];
    if (upstream.tools.includes("echo"))
      return [{ server, tool: "echo", input: { message: mark }, reached: shows(mark) }];
    return [];
  });
}
