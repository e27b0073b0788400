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
    args: z.array(z.string()).optional(),
    env: z.record(z.string(), z.string()).optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
);
/** Claude Code's key is `mcpServers`, VS Code's is `servers`. */
const shape = z.looseObject({ mcpServers: servers.optional(), servers: servers.optional() });

type Server = z.infer<typeof servers>[string];

/** What `mcp-remote` connects to, the program by which a client without HTTP reaches a server. Source: its manual on npm. */
interface Bridge {
  url: string;
  key: ReturnType<typeof keyHeaderIn>;
  mayUseHttp: boolean;
}

function bridgeOf({ command = "", args = [], env = {} }: Server): Bridge | undefined {
  if (![command, ...args].some((word) => /(?:^|\/)mcp-remote(?:@\S+)?$/.test(word))) return undefined;
  const url = args.find((word) => /^https?:\/\//.test(word));
  if (url === undefined || !URL.canParse(url)) return undefined;
  const headers = args.flatMap((word, index) => {
    const [, name, value = ""] = (args[index - 1] === "--header" && /^([\w-]+):\s*(.*)$/.exec(word)) || [];
    if (name === undefined) return [];
    // It replaces the variables of its own environment, which the client gives it.
    return [[name, value.replace(/\$\{(\w+)\}/g, (text, variable: string) => env[variable] ?? text)] as const];
  });
  const isLoopback = /^https?:\/\/(?:localhost|127\.0\.0\.1)(?::|\/|$)/.test(url);
  return {
    url,
    key: keyHeaderIn(Object.fromEntries(headers)),
    mayUseHttp: url.startsWith("https:") || isLoopback || args.includes("--allow-http"),
  };
}

function keyOf(key: ReturnType<typeof keyHeaderIn>): Omit<ClientEndpoint, "for" | "url" | "location"> {
  return {
    keyVariable: variableIn(key?.value),
    keyText: key?.value.replace(/^Bearer /i, ""),
    isKeyTyped: isTyped(key?.value),
    ...(key === undefined ? {} : { keyHeader: key.header }),
  };
}

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
    const bridge = bridgeOf(server);
    if (bridge !== undefined) {
      const { url, key } = bridge;
      const location = find(...section, "args");
      if (!bridge.mayUseHttp)
        faults.push({
          what: `${url}: mcp-remote refuses an address over http that is not the loopback`,
          location,
          fix: 'add "--allow-http" to args, or call the gateway over https',
          about: url,
        });
      endpoints.push({ for: "mcp", url, ...keyOf(key), location });
      continue;
    }
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
    endpoints.push({ for: "mcp", url: server.url, ...keyOf(key), location: find(...section, "url") });
  }
  return { endpoints, faults };
}
