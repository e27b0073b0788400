import type { Candidate } from "./types.ts";

/** An entry of LiteLLM's `mcp_servers`. */
export interface ServerEntry {
  transport: "http" | "stdio";
  url?: string;
  auth_type?: "bearer_token";
  auth_value?: string;
  command?: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

const reference = "os.environ/";

/** The host name by which LiteLLM reaches a candidate that listens. The service that it needs may have the candidate's own name. */
export function hostOf({ name, needs, hosts }: Pick<Candidate, "name" | "needs" | "hosts">): string {
  const host = name.replaceAll("_", "-");
  const taken = [...needs.map((part) => part.name), ...hosts.map((one) => one.replace(/:\d+$/, "").toLowerCase())];
  return taken.includes(host) ? `${host}-mcp` : host;
}

/** The entry of `mcp_servers` with which a candidate goes live. Secrets are variables of LiteLLM's environment. */
export function serverEntry(candidate: Candidate): ServerEntry {
  const { server, environment } = candidate;
  const { listens } = server;
  if (listens !== undefined) {
    const url = `http://${hostOf(candidate)}:${listens.port}${listens.path}`;
    if (listens.token === undefined) return { transport: "http", url };
    return { transport: "http", url, auth_type: "bearer_token", auth_value: `${reference}${listens.token}` };
  }
  // LiteLLM replaces whole values only: one that contains a secret becomes a variable of its own.
  const env = Object.fromEntries(
    [...environment].map(([key, value]) => [key, hasSecret(candidate, value) ? `${reference}${key}` : value]),
  );
  const [command, ...args] =
    server.from === "packages" ? [server.command, ...server.args] : ["docker", "run", "-i", "--rm", server.image];
  return { transport: "stdio", command, args, ...(Object.keys(env).length > 0 ? { env } : {}) };
}

/** The variables of LiteLLM's environment that the entry names: the text of each as the candidate file has it. */
export function entryVariables(candidate: Candidate): Record<string, string> {
  const { server, environment } = candidate;
  const token = server.listens?.token;
  if (server.listens !== undefined) return token === undefined ? {} : { [token]: `\${${token}}` };
  return Object.fromEntries([...environment].filter(([, value]) => hasSecret(candidate, value)));
}

function hasSecret({ secrets }: Candidate, text: string): boolean {
  return secrets.some(({ name }) => text.includes(`\${${name}}`));
}

/**
 * The switches with which LiteLLM starts the candidate's command: 1.106.2 starts none without them, and older ones ignore them.
 *
 * @param environment LiteLLM's, with what it has of them already
 * @returns empty for a candidate that LiteLLM does not start
 */
export function stdioSwitches(
  environment: Readonly<Record<string, string | undefined>>,
  candidate: Candidate | undefined,
): Record<string, string> {
  if (candidate === undefined || candidate.server.listens !== undefined) return {};
  const { command = "" } = serverEntry(candidate);
  const named = (environment.LITELLM_MCP_STDIO_EXTRA_COMMANDS ?? "").split(",").filter((name) => name.trim() !== "");
  const all = new Set([...named, command]);
  return { LITELLM_ENABLE_MCP_STDIO: "true", LITELLM_MCP_STDIO_EXTRA_COMMANDS: [...all].join(",") };
}
