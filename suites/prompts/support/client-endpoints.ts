import { parse as parseToml } from "smol-toml";
import { z } from "zod";
import { parseEnvFile } from "../../../helpers/deployment/compose/env-file.ts";
import { FaultList } from "../../../helpers/deployment/source/fault-list.ts";
import { SourceFile } from "../../../helpers/deployment/source/source-file.ts";
import type { Policy, PolicyClient, SourceLocation, Written } from "../../../helpers/deployment/types.ts";

/** One way to the gateway in a client's config. */
export interface ClientEndpoint {
  /** What it is for: the model's API, or MCP. */
  for: "model" | "mcp";
  url: string;
  /** Variable that the key comes from; undefined when it is written out or missing. */
  keyVariable: string | undefined;
  /** As written; undefined when there is none. */
  keyText: string | undefined;
  location: SourceLocation;
}

/** What is wrong with a client's config, by reading it. */
export interface ClientFault {
  what: string;
  location: SourceLocation;
}

/** A client's config, read as the client reads it. */
export interface ClientSettings {
  client: PolicyClient;
  endpoints: readonly ClientEndpoint[];
  /** Of this kind of client alone; {@link endpointFaults} are every kind's. */
  faults: readonly ClientFault[];
}

/**
 * Reads a client's config.
 *
 * @param text of the file, as written
 */
export function clientSettings(client: PolicyClient, text: string): ClientSettings {
  const source = new SourceFile(client.config, text);
  const read = { codex: codexSettings, claude: claudeSettings, "open-webui": openWebUiSettings }[client.kind];
  return { client, ...read(source) };
}

/** What is wrong with the endpoints of a config: their addresses, and where their keys come from. */
export function endpointFaults({ client, endpoints }: ClientSettings, policy: Policy): ClientFault[] {
  const faults = endpoints.flatMap((endpoint) => [...addressFaults(endpoint, policy), ...keyFaults(endpoint, policy)]);
  if (endpoints.length === 0)
    faults.push({ what: "it names no way to the gateway", location: { file: client.config, line: 1 } });
  return faults;
}

function addressFaults({ for: purpose, url, location }: ClientEndpoint, policy: Policy): ClientFault[] {
  if (!URL.canParse(url)) return [{ what: `'${url}' is no URL`, location }];
  const { protocol, hostname, pathname, port } = new URL(url);
  const host = policy.hosts.find(({ name }) => name === hostname);
  if (host === undefined) return [{ what: `${url}: ${hostname} is none of the policy's hosts`, location }];
  const faults: ClientFault[] = [];
  if (protocol !== `${host.scheme}:`)
    faults.push({ what: `${url}: ${hostname} is served by ${host.scheme}, not by ${protocol.slice(0, -1)}`, location });
  if (port !== "") faults.push({ what: `${url}: goes past Traefik, by port ${port}`, location });
  const { endpoint } = policy.mcp;
  if (purpose === "mcp" && pathname !== endpoint) {
    const slash =
      `${pathname}/` === endpoint ? ": without the slash LiteLLM redirects, and not every client follows" : "";
    faults.push({ what: `${url}: MCP is at ${endpoint}${slash}`, location });
  }
  if (purpose === "model" && !/^\/v1\/?$/.test(pathname))
    faults.push({ what: `${url}: the model's API is at /v1`, location });
  return faults;
}

function keyFaults({ url, keyVariable, keyText, location }: ClientEndpoint, policy: Policy): ClientFault[] {
  if (keyText === undefined || keyText === "") return [{ what: `${url}: no key is sent`, location }];
  if (keyVariable === undefined) return [{ what: `${url}: the key is written out`, location }];
  const secret = policy.secrets.find(({ name }) => name === keyVariable);
  if (secret === undefined)
    return [{ what: `${url}: the key's variable ${keyVariable} is none of the policy's secrets`, location }];
  if (secret.mayBeIn.includes("client.environment")) return [];
  return [
    { what: `${url}: the policy lets no client have ${keyVariable} (may_be_in lacks client.environment)`, location },
  ];
}

/** The name in `${NAME}`, `Bearer ${NAME}` or `${NAME:-…}`. */
function variableIn(text: string | undefined): string | undefined {
  return /^(?:Bearer )?\$\{([A-Za-z_]\w*)(?::?-[^}]*)?\}$/i.exec(text ?? "")?.[1];
}

function placer(source: SourceFile): (needle: string, after?: string) => SourceLocation {
  return (needle, after = "") => {
    const from = Math.max(0, source.text.indexOf(after));
    const at = source.text.indexOf(needle, from);
    return { file: source.file, line: source.lineAt(at < 0 ? from : at + needle.search(/\S/)) };
  };
}

const codexShape = z.looseObject({
  model_providers: z
    .record(
      z.string(),
      z.looseObject({
        base_url: z.string().optional(),
        env_key: z.string().optional(),
        wire_api: z.string().optional(),
        experimental_bearer_token: z.string().optional(),
      }),
    )
    .default({}),
  mcp_servers: z
    .record(
      z.string(),
      z.looseObject({
        url: z.string().optional(),
        command: z.string().optional(),
        bearer_token_env_var: z.string().optional(),
        bearer_token: z.string().optional(),
        required: z.boolean().optional(),
        startup_timeout_sec: z.number().optional(),
        default_tools_approval_mode: z.string().optional(),
        http_headers: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default({}),
});

/**
 * Seconds. The first listing of LiteLLM 1.77.1 takes 4.6 s on two idle cores; Codex and Open WebUI give up after 10 unless
 * told otherwise.
 */
const shortestStartup = 15;

type Read = Omit<ClientSettings, "client">;

function codexSettings(source: SourceFile): Read {
  const { model_providers: providers, mcp_servers: servers } = codexShape.parse(parseToml(source.text));
  const locationOf = placer(source);
  const endpoints: ClientEndpoint[] = [];
  const faults: ClientFault[] = [];
  for (const [name, provider] of Object.entries(providers)) {
    if (provider.base_url === undefined) continue;
    const section = `[model_providers.${name}]`;
    const written = provider.experimental_bearer_token;
    endpoints.push({
      for: "model",
      url: provider.base_url,
      keyVariable: provider.env_key,
      keyText: provider.env_key ?? written,
      location: locationOf("base_url", section),
    });
    if (provider.wire_api !== "responses")
      faults.push({
        what: `wire_api is ${JSON.stringify(provider.wire_api)}: Codex speaks "responses" alone`,
        location: locationOf("wire_api", section),
      });
  }
  for (const [name, server] of Object.entries(servers)) {
    const section = `[mcp_servers.${name}]`;
    if (server.url === undefined) {
      if (server.command === undefined) faults.push(leadsNowhere(name, locationOf(section)));
      continue;
    }
    const header = Object.entries(server.http_headers ?? {}).find(
      ([key]) => key.toLowerCase() === "authorization",
    )?.[1];
    endpoints.push({
      for: "mcp",
      url: server.url,
      keyVariable: server.bearer_token_env_var,
      keyText: server.bearer_token_env_var ?? server.bearer_token ?? header,
      location: locationOf("url", section),
    });
    const demand = (holds: boolean, key: string, what: string): void => {
      if (!holds) faults.push({ what, location: locationOf(`\n${key}`, section) });
    };
    demand(
      server.required === true,
      "required",
      "required is not true: the first turn may go out before the catalogue is there, in silence",
    );
    demand(
      server.default_tools_approval_mode === "approve",
      "default_tools_approval_mode",
      'default_tools_approval_mode is not "approve": `codex exec` can approve nothing, and every call fails',
    );
    demand(
      (server.startup_timeout_sec ?? 10) >= shortestStartup,
      "startup_timeout_sec",
      `startup_timeout_sec is ${server.startup_timeout_sec ?? "not set, so 10"}: a first catalogue takes longer on a busy machine; ${shortestStartup} at least`,
    );
  }
  return { endpoints, faults };
}

const claudeServers = z.record(
  z.string(),
  z.looseObject({
    type: z.string().optional(),
    url: z.string().optional(),
    command: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
);
/** Claude Code says `mcpServers`, VS Code `servers`. */
const claudeShape = z.looseObject({ mcpServers: claudeServers.optional(), servers: claudeServers.optional() });

function claudeSettings(source: SourceFile): Read {
  const { mcpServers, servers } = claudeShape.parse(JSON.parse(source.text));
  const locationOf = placer(source);
  const endpoints: ClientEndpoint[] = [];
  const faults: ClientFault[] = [];
  for (const [name, server] of Object.entries({ ...servers, ...mcpServers })) {
    const section = JSON.stringify(name);
    if (server.url === undefined) {
      if (server.command === undefined) faults.push(leadsNowhere(name, locationOf(section)));
      continue;
    }
    const header = Object.entries(server.headers ?? {}).find(([key]) => key.toLowerCase() === "authorization")?.[1];
    if (server.type !== "http")
      faults.push({
        what: `the type of ${name} is ${JSON.stringify(server.type)}: streamable HTTP is "http"`,
        location: locationOf('"type"', section),
      });
    if (header !== undefined && !/^Bearer /i.test(header))
      faults.push({
        what: `the Authorization of ${name} is no Bearer credential`,
        location: locationOf("Authorization", section),
      });
    endpoints.push({
      for: "mcp",
      url: server.url,
      keyVariable: variableIn(header),
      keyText: header,
      location: locationOf('"url"', section),
    });
  }
  return { endpoints, faults };
}

function leadsNowhere(name: string, location: SourceLocation): ClientFault {
  return { what: `the MCP server ${name} has neither a url nor a command: the client leaves it out`, location };
}

const toolServers = z.array(
  z.looseObject({
    type: z.string().optional(),
    url: z.string(),
    auth_type: z.string().optional(),
    key: z.string().optional(),
  }),
);

function openWebUiSettings(source: SourceFile): Read {
  // Uninterpolated, the file says where a key comes from; `$$` is how compose writes a dollar sign.
  const asWritten = parseEnvFile(new SourceFile(source.file, source.text.replaceAll("$", "$$$$")), new FaultList());
  const faults: ClientFault[] = [];
  const endpoints: ClientEndpoint[] = [];
  const locationOf = placer(source);
  // Several are divided by semicolons, keys in the same order.
  const list = (...names: string[]): string[] =>
    names.flatMap((name) => asWritten.get(name)?.value.split(";") ?? []).filter((one) => one !== "");
  const keys = list("OPENAI_API_KEYS", "OPENAI_API_KEY");
  for (const [index, url] of list("OPENAI_API_BASE_URLS", "OPENAI_API_BASE_URL").entries()) {
    const key = keys[index];
    endpoints.push({ for: "model", url, keyVariable: variableIn(key), keyText: key, location: locationOf(url) });
  }
  const connections = asWritten.get("TOOL_SERVER_CONNECTIONS");
  if (connections !== undefined) {
    for (const server of toolServersOf(connections, faults)) {
      if (server.type !== "mcp") continue;
      if (server.auth_type !== "bearer")
        faults.push({
          what: `auth_type is ${JSON.stringify(server.auth_type)}: the key is sent with "bearer" alone`,
          location: connections.location,
        });
      const patience = Number(asWritten.get("MCP_INITIALIZE_TIMEOUT")?.value ?? 10);
      if (!(patience >= shortestStartup))
        faults.push({
          what: `MCP_INITIALIZE_TIMEOUT is ${asWritten.get("MCP_INITIALIZE_TIMEOUT")?.value ?? "not set, so 10"}: a chat whose listing takes longer goes on without tools, in silence; ${shortestStartup} at least`,
          location: asWritten.get("MCP_INITIALIZE_TIMEOUT")?.location ?? connections.location,
        });
      const { url, key } = server;
      endpoints.push({ for: "mcp", url, keyVariable: variableIn(key), keyText: key, location: connections.location });
    }
  }
  return { endpoints, faults };
}

function toolServersOf({ value, location }: Written<string>, faults: ClientFault[]): z.infer<typeof toolServers> {
  try {
    return toolServers.parse(JSON.parse(value));
  } catch {
    faults.push({ what: "TOOL_SERVER_CONNECTIONS is no JSON list of servers with a url", location });
    return [];
  }
}
