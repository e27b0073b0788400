import { z } from "zod";
import { openWebUiProviders, unpairedKeys } from "../../../../helpers/deployment/clients/open-webui.ts";
import { parseEnvFile } from "../../../../helpers/deployment/compose/environment/env-file.ts";
import { FaultList } from "../../../../helpers/deployment/source/fault-list.ts";
import { NoteList } from "../../../../helpers/deployment/source/note-list.ts";
import { SourceFile } from "../../../../helpers/deployment/source/source-file.ts";
import type { Written } from "../../../../helpers/deployment/types.ts";
import {
  type ClientEndpoint,
  type ClientFault,
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

/** The variable that a key comes from; undefined for one that is written where it is used. */
type VariableOf = (key: string | undefined) => string | undefined;

/** Open WebUI's env file. */
export function openWebUiSettings(source: SourceFile): ReadSettings {
  // Without interpolation, the file shows which variable a key comes from; compose writes a dollar sign as `$$`.
  const variables = parseEnvFile(new SourceFile(source.file, source.text.replaceAll("$", "$$$$")), {
    faults: new FaultList(),
    notes: new NoteList(),
  });
  return openWebUiVariables(variables, variableIn);
}

/** The variables of Open WebUI, wherever it gets them from. */
export function openWebUiVariables(variables: Variables, variableOf: VariableOf): ReadSettings {
  const mcp = mcpSettings(variables, variableOf);
  const unpaired = unpairedKeys(variables);
  const models = openWebUiProviders(variables).map(
    ({ url, key, location }): ClientEndpoint => ({
      for: "model",
      url,
      keyVariable: variableOf(key),
      keyText: key,
      location,
    }),
  );
  return {
    endpoints: [...models, ...mcp.endpoints],
    faults: [...(unpaired === undefined ? [] : [unpaired]), ...mcp.faults],
  };
}

function mcpSettings(variables: Variables, variableOf: VariableOf): ReadSettings {
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
    endpoints.push({ for: "mcp", url, keyVariable: variableOf(key), keyText: key, location });
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
