import { z } from "zod";
import { jsonSettings } from "../../../../helpers/deployment/clients/setting-line.ts";
import type { SourceFile } from "../../../../helpers/deployment/source/source-file.ts";
import {
  type ClientEndpoint,
  type ClientFault,
  type ReadSettings,
  serverWithoutAddress,
  variableIn,
} from "./client-endpoint.ts";

const servers = z.record(
  z.string(),
  z.looseObject({
    type: z.string().optional(),
    url: z.string().optional(),
    command: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
);
/** Claude Code's key is `mcpServers`, VS Code's is `servers`. */
const shape = z.looseObject({ mcpServers: servers.optional(), servers: servers.optional() });

/** The MCP settings of Claude Code or VS Code. */
export function claudeSettings(source: SourceFile): ReadSettings {
  const parsed = shape.parse(JSON.parse(source.text));
  const find = jsonSettings(source);
  const endpoints: ClientEndpoint[] = [];
  const faults: ClientFault[] = [];
  for (const [name, server] of Object.entries({ ...parsed.servers, ...parsed.mcpServers })) {
    const section = [parsed.mcpServers?.[name] === undefined ? "servers" : "mcpServers", name];
    if (server.url === undefined) {
      if (server.command === undefined) faults.push(serverWithoutAddress(name, find(...section)));
      continue;
    }
    const [headerName, header] =
      Object.entries(server.headers ?? {}).find(([key]) => key.toLowerCase() === "authorization") ?? [];
    if (server.type !== "http")
      faults.push({
        what: `the type of ${name} is ${JSON.stringify(server.type)}: streamable HTTP is "http"`,
        location: find(...section, "type"),
      });
    if (headerName !== undefined && header !== undefined && !/^Bearer /i.test(header))
      faults.push({
        what: `the Authorization header of ${name} is not a Bearer credential`,
        location: find(...section, "headers", headerName),
      });
    endpoints.push({
      for: "mcp",
      url: server.url,
      keyVariable: variableIn(header),
      keyText: header,
      location: find(...section, "url"),
    });
  }
  return { endpoints, faults };
}
