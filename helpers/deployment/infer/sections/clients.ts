import { basename } from "node:path";
import { parse as parseToml } from "smol-toml";
import { leadsToLiteLLMByHost } from "../../clients/host-place.ts";
import { FaultList } from "../../source/fault-list.ts";
import { readSource } from "../../source/source-file.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { filesBelow, pathIn } from "../files/compose-files.ts";
import type { ItemOf, Stated } from "../policy-input.ts";

type ClientInput = ItemOf<"clients">;

/** A client's config file. */
export interface FoundClient {
  stated: Stated<ClientInput>;
  text: string;
}

/** The kinds of clients, with how their config is recognised. */
const kinds: readonly {
  kind: ClientInput["kind"];
  file: RegExp;
  isConfig(text: string, file: string): boolean;
  from?: ClientInput["from"];
}[] = [
  { kind: "codex", file: /\.toml$/i, isConfig: isCodexConfig },
  { kind: "claude", file: /\.json$/i, isConfig: isMcpSettings },
  {
    kind: "open-webui",
    file: /\.env(?:\.(?:example|template|sample|dist|tmpl))?$/i,
    isConfig: isOpenWebUiEnv,
    from: "traefik-network",
  },
];

/** The configs of MCP clients and chats in the deployment's folder that name one of the gateway's hosts, or a port of LiteLLM on its host. */
export function findClients(view: DeploymentView, hosts: readonly string[]): FoundClient[] {
  const { folder } = view;
  const found: FoundClient[] = [];
  for (const file of filesBelow(folder)) {
    const kind = kinds.find((one) => one.file.test(basename(file)));
    const text = kind && readSource(file, new FaultList(), "write it")?.text;
    if (kind === undefined || text === undefined || !namesGateway(view, hosts, text) || !kind.isConfig(text, file))
      continue;
    const name = nameFor(kind.kind, found);
    const from = kind.from === undefined ? {} : { from: kind.from };
    found.push({ stated: { value: { name, kind: kind.kind, ...from, config: pathIn(folder, file) } }, text });
  }
  return found;
}

/** The variables that a client's config takes its keys from. */
export function variablesOf({ text }: FoundClient): string[] {
  const named = text.matchAll(
    /\$\{(?:env:)?(\w+)\}|(?:env_key|bearer_token_env_var|"?(?:x-litellm-api-key|Authorization)"?)\s*=\s*["'](\w+)["']/gi,
  );
  return [...named].flatMap(([, first, second]) => first ?? second ?? []);
}

function namesGateway(view: DeploymentView, hosts: readonly string[], text: string): boolean {
  if ([...hosts, `${view.litellm.name}:`].some((host) => text.includes(host))) return true;
  const urls = text.match(/https?:\/\/[^\s"'<>]+/g) ?? [];
  return urls.some((url) => leadsToLiteLLMByHost(view.litellm, url));
}

function nameFor(kind: string, found: readonly FoundClient[]): string {
  const same = found.filter(({ stated }) => stated.value.kind === kind).length;
  return same === 0 ? kind : `${kind}-${same + 1}`;
}

function isCodexConfig(text: string): boolean {
  try {
    const config = parseToml(text);
    return "mcp_servers" in config || "model_providers" in config;
  } catch {
    return false;
  }
}

/** Of Claude Code and Cursor (`mcpServers`), or of VS Code (`servers`, in `.vscode/mcp.json`). */
function isMcpSettings(text: string, file: string): boolean {
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config !== "object" || config === null) return false;
    return "mcpServers" in config || ("servers" in config && basename(file) === "mcp.json");
  } catch {
    return false;
  }
}

function isOpenWebUiEnv(text: string): boolean {
  return /^\s*(?:OPENAI_API_BASE_URLS?|TOOL_SERVER_CONNECTIONS)\s*=/m.test(text);
}
