import { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import { NoteList } from "../source/note-list.ts";
import { SourceFile } from "../source/source-file.ts";
import { parseYaml } from "../source/yaml-tree.ts";
import type { Deployment } from "../types.ts";
import type { LiteLLMConfig, UpstreamConfig } from "./types.ts";
import { readUpstreams } from "./upstreams.ts";

/** What naming a server's tools needs. */
type Naming = Pick<LiteLLMConfig, "separator" | "upstreams">;

/**
 * The name of a server's tool (or prompt) in the gateway's catalogue: the server's alias or name, with spaces as
 * underscores, and the separator in front. A server that is not in the config keeps its name.
 *
 * @param server the key under `mcp_servers`, or the name in LiteLLM's database
 */
export function catalogueName({ separator, upstreams }: Naming, server: string, tool: string): string {
  const prefix = upstreams.find(({ name }) => name === server)?.prefix.value ?? server;
  return `${prefix.replaceAll(" ", "_")}${separator}${tool}`;
}

/** Why a tool that a server offers is not in the catalogue: the setting that hides it; undefined for one that is listed. */
export function hiddenBy(naming: Naming, server: string, tool: string): SourceLocation | undefined {
  const filter = naming.upstreams.find(({ name }) => name === server)?.tools;
  const spellings = [tool, catalogueName(naming, server, tool), `${server}${naming.separator}${tool}`];
  const names = (list: readonly string[]): boolean => list.some((entry) => spellings.includes(entry));
  if (filter?.allowed !== undefined && !names(filter.allowed.value)) return filter.allowed.location;
  if (filter?.disallowed !== undefined && names(filter.disallowed.value)) return filter.disallowed.location;
  return undefined;
}

/** The names in the catalogue of those of a server's tools that are listed. */
export function expectedTools(naming: Naming, server: string, offered: readonly string[]): string[] {
  return offered.flatMap((tool) =>
    hiddenBy(naming, server, tool) === undefined ? [catalogueName(naming, server, tool)] : [],
  );
}

/** The servers that the policy demands and that the run has: by LiteLLM's config or its database. */
export function demandedServers({ policy }: Deployment): Deployment["policy"]["upstreams"] {
  return policy.upstreams.filter(({ leftOut }) => leftOut === undefined);
}

/**
 * Servers in the form of LiteLLM's config, read as the given version reads them.
 *
 * @param servers by name, as under `mcp_servers`
 */
export function readServers(
  servers: Readonly<Record<string, unknown>>,
  { version, separator }: Pick<LiteLLMConfig, "version" | "separator">,
): UpstreamConfig[] {
  const faults = new FaultList();
  const source = new SourceFile("the suite's own upstreams", JSON.stringify({ mcp_servers: servers }));
  const root = parseYaml(source, faults);
  if (root?.kind !== "map") return [];
  const location = { file: source.file, line: 1 };
  const environment = new Map([["MCP_TOOL_PREFIX_SEPARATOR", { value: separator, location }]]);
  const read = readUpstreams(root, root, {
    version,
    fixOfGuess: undefined,
    environment,
    textIn: () => undefined,
    faults,
    notes: new NoteList(),
  });
  faults.throwIfAny();
  return read.upstreams;
}
