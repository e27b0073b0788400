import { z } from "zod";
import { parseEnvFile } from "../../../../helpers/deployment/compose/environment/env-file.ts";
import { FaultList } from "../../../../helpers/deployment/source/fault-list.ts";
import { NoteList } from "../../../../helpers/deployment/source/note-list.ts";
import { SourceFile } from "../../../../helpers/deployment/source/source-file.ts";
import type { Written } from "../../../../helpers/deployment/types.ts";
import {
  type ClientEndpoint,
  type ClientFault,
  lineFinder,
  type ReadSettings,
  shortestStartup,
  variableIn,
} from "./client-endpoint.ts";

const toolServers = z.array(
  z.looseObject({
    type: z.string().optional(),
    url: z.string(),
    auth_type: z.string().optional(),
    key: z.string().optional(),
  }),
);

type Variables = ReadonlyMap<string, Written<string>>;

/** Open WebUI's env file. */
export function openWebUiSettings(source: SourceFile): ReadSettings {
  // Without interpolation, the file shows which variable a key comes from; compose writes a dollar sign as `$$`.
  const variables = parseEnvFile(new SourceFile(source.file, source.text.replaceAll("$", "$$$$")), {
    faults: new FaultList(),
    notes: new NoteList(),
  });
  const mcp = mcpSettings(variables);
  return { endpoints: [...modelEndpoints(variables, lineFinder(source)), ...mcp.endpoints], faults: mcp.faults };
}

function modelEndpoints(variables: Variables, find: ReturnType<typeof lineFinder>): ClientEndpoint[] {
  // Semicolons separate several URLs; the keys are in the same order.
  const list = (...names: string[]): string[] =>
    names.flatMap((name) => variables.get(name)?.value.split(";") ?? []).filter((one) => one !== "");
  const keys = list("OPENAI_API_KEYS", "OPENAI_API_KEY");
  return list("OPENAI_API_BASE_URLS", "OPENAI_API_BASE_URL").map((url, index) => {
    const key = keys[index];
    return { for: "model", url, keyVariable: variableIn(key), keyText: key, location: find(url) };
  });
}

function mcpSettings(variables: Variables): ReadSettings {
  const endpoints: ClientEndpoint[] = [];
  const faults: ClientFault[] = [];
  const connections = variables.get("TOOL_SERVER_CONNECTIONS");
  if (connections === undefined) return { endpoints, faults };
  const { location } = connections;
  const timeout = variables.get("MCP_INITIALIZE_TIMEOUT");
  for (const { type, url, auth_type: authentication, key } of toolServersOf(connections, faults)) {
    if (type !== "mcp") continue;
    if (authentication !== "bearer")
      faults.push({
        what: `auth_type is ${JSON.stringify(authentication)}: Open WebUI sends the key only with "bearer"`,
        location,
      });
    // NaN is not long enough either.
    if (!(Number(timeout?.value ?? 10) >= shortestStartup))
      faults.push({
        what: `MCP_INITIALIZE_TIMEOUT is ${timeout?.value ?? "not set, so 10"}: a chat whose listing takes longer continues without tools, and says nothing; set at least ${shortestStartup}`,
        location: timeout?.location ?? location,
      });
    endpoints.push({ for: "mcp", url, keyVariable: variableIn(key), keyText: key, location });
  }
  return { endpoints, faults };
}

function toolServersOf({ value, location }: Written<string>, faults: ClientFault[]): z.infer<typeof toolServers> {
  try {
    return toolServers.parse(JSON.parse(value));
  } catch {
    faults.push({ what: "TOOL_SERVER_CONNECTIONS is not a JSON list of servers with a url", location });
    return [];
  }
}
