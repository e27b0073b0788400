import { basename, dirname } from "node:path";
import { z } from "zod";
import { jsonSettings } from "../../../../helpers/deployment/clients/setting-line.ts";
import type { SourceFile } from "../../../../helpers/deployment/source/source-file.ts";
import {
  type ClientEndpoint,
  type ClientFault,
  isTyped,
  keyHeaderIn,
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

/** Cursor finds out the transport itself. */
function isOfCursor({ file }: SourceFile): boolean {
  return basename(dirname(file)) === ".cursor";
}

/** The MCP settings of Claude Code, VS Code or Cursor. */
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
    const key = keyHeaderIn(server.headers);
    const about = { about: server.url };
    if (server.type !== "http" && !(server.type === undefined && isOfCursor(source)))
      faults.push({
        what: `the type of ${name} is ${JSON.stringify(server.type)}: streamable HTTP is "http"`,
        location: find(...section, "type"),
        ...about,
      });
    if (key?.header === "Authorization" && !/^Bearer /i.test(key.value))
      faults.push({
        what: `the Authorization header of ${name} is not a Bearer credential`,
        location: find(...section, "headers", key.name),
        ...about,
      });
    endpoints.push({
      for: "mcp",
      url: server.url,
      keyVariable: variableIn(key?.value),
      keyText: key?.value.replace(/^Bearer /i, ""),
      isKeyTyped: isTyped(key?.value),
      ...(key === undefined ? {} : { keyHeader: key.header }),
      location: find(...section, "url"),
    });
  }
  return { endpoints, faults };
}
