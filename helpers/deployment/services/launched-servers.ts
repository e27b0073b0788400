import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { shellWords } from "../compose/service/shell-words.ts";
import type { ComposeService } from "../compose/types.ts";
import { mountedFile } from "../litellm/container-file.ts";
import { type LauncherCall, readLauncher } from "./launcher.ts";
import { launchedServer, type StdioServer } from "./stdio-servers.ts";

/** A server that a compose service fetches when it starts it. */
export interface LaunchedServer extends StdioServer {
  launcher: NonNullable<StdioServer["launcher"]>;
}

/**
 * The servers that a compose service fetches from a registry at its start: by its command (`npx -y PACKAGE`), by what the
 * command starts in turn (`supergateway --stdio "npx -y PACKAGE"`, `mcp-proxy -- uvx PACKAGE`), and by a config that the
 * command names (`mcpServers` in JSON, as mcp-proxy and mcpo read it).
 */
export function launchedServers(service: ComposeService): LaunchedServer[] {
  const words = [...(service.entrypoint ?? []), ...service.commandWords.map(({ value }) => value)];
  const servers = [...callsIn(words), ...words.flatMap((word) => configuredCalls(service, word))].flatMap(
    ({ call, args }) => launchedServer(call, args, undefined) ?? [],
  );
  const known = new Map(servers.map((server) => [identityOf(server), server] as const));
  return [...known.values()].filter(isFetched);
}

/** `docker run` needs the engine's socket, which no service of a run gets. */
function isFetched(server: StdioServer): server is LaunchedServer {
  return server.launcher !== undefined && server.launcher.name !== "docker";
}

interface FoundCall {
  call: LauncherCall;
  /** All arguments of the launcher. */
  args: readonly string[];
}

function callsIn(words: readonly string[]): FoundCall[] {
  return words.flatMap((word, index) => {
    if (/^(?:npx|uvx)$/.test(posix.basename(word))) return callOf(word, words.slice(index + 1));
    return /(?:^|[\s/])(?:npx|uvx)\s/.test(word) ? callsIn(wordsIn(word)) : [];
  });
}

/** The words of all commands of a shell's text. */
function wordsIn(text: string): string[] {
  return text.split(/&&|\|\||[;|\n]/).flatMap((command) => {
    try {
      return shellWords(command);
    } catch {
      return [];
    }
  });
}

/** The servers of a config of MCP clients, which a word of the command names. */
function configuredCalls(service: ComposeService, word: string): FoundCall[] {
  const path = word.replace(/^--?[\w-]+=/, "");
  const file = path.startsWith("/") && path.endsWith(".json") ? mountedFile(service, path) : undefined;
  const config = file === undefined || !existsSync(file) ? undefined : configIn(file);
  return Object.values(config?.mcpServers ?? {}).flatMap(({ command, args }) =>
    typeof command === "string" ? callOf(command, Array.isArray(args) ? args.map(String) : []) : [],
  );
}

function callOf(command: string, args: readonly string[]): FoundCall[] {
  const call = readLauncher(command, args);
  return call === undefined ? [] : [{ call, args }];
}

function configIn(file: string): { mcpServers?: Record<string, { command?: unknown; args?: unknown }> } | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ReturnType<typeof configIn>;
  } catch {
    // Its program says what is wrong with it.
    return undefined;
  }
}

function identityOf({ launcher }: StdioServer): string {
  return [launcher?.name, ...(launcher?.arguments ?? [])].join("\n");
}
