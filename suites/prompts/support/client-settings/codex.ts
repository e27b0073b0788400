import { parse } from "smol-toml";
import { z } from "zod";
import { type FindSetting, tomlSettings } from "../../../../helpers/deployment/clients/setting-line.ts";
import type { SourceFile } from "../../../../helpers/deployment/source/source-file.ts";
import {
  type ClientEndpoint,
  type ClientFault,
  keyHeaderIn,
  type ReadSettings,
  serverWithoutAddress,
  shortestStartup,
} from "./client-endpoint.ts";

const shape = z.looseObject({
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
        env_http_headers: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default({}),
});

type Provider = z.infer<typeof shape>["model_providers"][string];
type Server = z.infer<typeof shape>["mcp_servers"][string];

/** Codex's `config.toml`. */
export function codexSettings(source: SourceFile): ReadSettings {
  const { model_providers: providers, mcp_servers: servers } = shape.parse(parse(source.text));
  const find = tomlSettings(source);
  const read = [
    ...Object.entries(providers).map(([name, provider]) => providerSettings(name, provider, find)),
    ...Object.entries(servers).map(([name, server]) => serverSettings(name, server, find)),
  ];
  return {
    endpoints: read.flatMap(({ endpoints }) => endpoints),
    faults: read.flatMap(({ faults }) => faults),
  };
}

function providerSettings(name: string, provider: Provider, find: FindSetting): ReadSettings {
  if (provider.base_url === undefined) return { endpoints: [], faults: [] };
  const section = ["model_providers", name];
  const endpoint: ClientEndpoint = {
    for: "model",
    url: provider.base_url,
    keyVariable: provider.env_key,
    keyText: provider.env_key ?? provider.experimental_bearer_token,
    location: find(...section, "base_url"),
  };
  const fault: ClientFault = {
    about: provider.base_url,
    what: `wire_api is ${JSON.stringify(provider.wire_api)}: Codex supports only "responses"`,
    location: find(...section, "wire_api"),
  };
  return { endpoints: [endpoint], faults: provider.wire_api === "responses" ? [] : [fault] };
}

function serverSettings(name: string, server: Server, find: FindSetting): ReadSettings {
  const section = ["mcp_servers", name];
  if (server.url === undefined) {
    const faults = server.command === undefined ? [serverWithoutAddress(name, find(...section))] : [];
    return { endpoints: [], faults };
  }
  const { url: about } = server;
  const written = keyHeaderIn(server.http_headers);
  const fromVariable = keyHeaderIn(server.env_http_headers);
  const keyVariable = server.bearer_token_env_var ?? fromVariable?.value;
  const header = (server.bearer_token_env_var === undefined ? (fromVariable ?? written) : undefined)?.header;
  const endpoint: ClientEndpoint = {
    for: "mcp",
    url: server.url,
    keyVariable,
    keyText: keyVariable ?? server.bearer_token ?? written?.value.replace(/^Bearer /i, ""),
    ...(header === undefined ? {} : { keyHeader: header }),
    location: find(...section, "url"),
  };
  const faults: ClientFault[] = [];
  const demand = (holds: boolean, key: string, what: string): void => {
    if (!holds) faults.push({ what, location: find(...section, key), about });
  };
  demand(
    server.required === true,
    "required",
    "required is not true: Codex may send the first turn before it has the catalogue, and says nothing",
  );
  demand(
    server.default_tools_approval_mode === "approve",
    "default_tools_approval_mode",
    'default_tools_approval_mode is not "approve": `codex exec` cannot ask for approval, so every call fails',
  );
  demand(
    (server.startup_timeout_sec ?? 10) >= shortestStartup,
    "startup_timeout_sec",
    `startup_timeout_sec is ${server.startup_timeout_sec ?? "not set, so 10"}: the first listing takes longer on an overloaded machine; set at least ${shortestStartup}`,
  );
  return { endpoints: [endpoint], faults };
}
