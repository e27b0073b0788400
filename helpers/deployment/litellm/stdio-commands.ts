import { posix } from "node:path";
import type { Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import type { UpstreamConfig } from "./types.ts";
import { atLeast } from "./version.ts";

const extraCommands = "LITELLM_MCP_STDIO_EXTRA_COMMANDS";

/** What LiteLLM starts over stdio by default. */
const ownCommands = ["npx", "uvx", "python", "python3", "node", "docker", "deno"];

/** Whether LiteLLM starts stdio servers: from 1.106.2 on it does on request only. */
export function startsStdio(version: string, environment: ReadonlyMap<string, { readonly value: string }>): boolean {
  return (
    !atLeast(version, "1.106.2") || /^(true|1|yes|on)$/i.test(environment.get("LITELLM_ENABLE_MCP_STDIO")?.value ?? "")
  );
}

/** Reports the stdio servers that LiteLLM does not start. */
export function checkStdio(
  upstreams: readonly UpstreamConfig[],
  {
    version,
    environment,
    notes,
  }: { version: string; environment: ReadonlyMap<string, Written<string>>; notes: NoteList },
): void {
  const isStarted = startsStdio(version, environment);
  const extra = environment.get(extraCommands);
  for (const upstream of upstreams) {
    if (upstream.transport !== "stdio") continue;
    const { name, command, commandAt, location } = upstream;
    const isAllowed = allowsCommand(command, version, extra?.value);
    if (!isStarted)
      notes.add(
        "finding",
        location,
        `mcp_servers.${name} is a stdio server`,
        `LiteLLM ${version} starts none unless LITELLM_ENABLE_MCP_STDIO is true`,
        'set LITELLM_ENABLE_MCP_STDIO: "true" in the environment' +
          (isAllowed ? "" : `, and name its command in ${extraCommands}`),
        "stops",
      );
    else if (!isAllowed) {
      const own = posix.basename(command);
      const spaced = extra?.value.split(",").some((one) => one.trim() === own) === true ? extra : undefined;
      notes.add(
        "finding",
        spaced?.location ?? commandAt ?? location,
        `LiteLLM ${version} does not start '${own}' of mcp_servers.${name}`,
        spaced
          ? `it takes the spaces in ${extraCommands} for parts of the commands`
          : `it starts ${ownCommands.join(", ")}, and what ${extraCommands} names`,
        spaced ? "write commas without spaces" : `add ${own} to ${extraCommands} in LiteLLM's environment`,
        "stops",
      );
    }
  }
}

/**
 * Whether LiteLLM starts a command over stdio. Measured with 1.99.0 and 1.106.2; 1.77.1 starts every command, and the versions
 * in between were not measured.
 *
 * @param extra the value of `LITELLM_MCP_STDIO_EXTRA_COMMANDS`, whose spaces count
 */
function allowsCommand(command: string, version: string, extra: string | undefined): boolean {
  if (!atLeast(version, "1.99.0")) return true;
  const allowed = [...ownCommands, ...(extra ?? "").split(",")];
  const name = posix.basename(command);
  return allowed.includes(name) || allowed.includes(name.toLowerCase().replace(/\.(?:exe|cmd|bat|com)$/, ""));
}
