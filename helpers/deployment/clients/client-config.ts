import { parse as parseToml, TomlError } from "smol-toml";
import { z } from "zod";
import { suggest } from "../../core/text/nearest.ts";
import { parseEnvFile } from "../compose/environment/env-file.ts";
import type { ConfiguredClient } from "../policy/types.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { readSource, SourceFile } from "../source/source-file.ts";
import { withoutServers } from "./codex-servers.ts";
import { isNameOfHost } from "./host-names.ts";

/** What a client's config is checked against. */
export interface ClientContext {
  /** The env file; undefined when it could not be read: then no variable counts as unset. */
  variables: ReadonlyMap<string, Written<string>> | undefined;
  /** The names of the gateway. Servers at other names are not the gateway, where one is at such a name. */
  hosts: readonly string[];
}

/**
 * Reads a client's config and checks that it parses and takes the gateway's keys from variables of the env file: a run
 * gives a client no others.
 *
 * @returns undefined when the file can't be read
 */
export function readClientConfig(
  client: Pick<ConfiguredClient, "name" | "kind" | "config">,
  context: ClientContext,
  faults: FaultList,
  notes: NoteList,
): SourceFile | undefined {
  const source = readSource(
    client.config,
    faults,
    `write it, or fix 'config' of the client '${client.name}' in policy.yaml`,
  );
  if (source !== undefined) checkSyntax(client, source, context, faults, notes);
  return source;
}

function checkSyntax(
  client: Pick<ConfiguredClient, "kind">,
  source: SourceFile,
  context: ClientContext,
  faults: FaultList,
  notes: NoteList,
): void {
  const { variables } = context;
  switch (client.kind) {
    case "codex":
      checkCodex(source, context, faults);
      return;
    case "claude":
      try {
        JSON.parse(source.text);
      } catch (error) {
        const position = Number(/position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1] ?? 0);
        faults.add(
          { file: source.file, line: source.lineAt(position) },
          "broken JSON",
          "fix the syntax near this line",
        );
      }
      return;
    case "open-webui":
      // Without the env file every variable would seem unset: a dollar sign is then literal.
      if (variables === undefined)
        parseEnvFile(new SourceFile(source.file, source.text.replaceAll("$", "$$$$")), { faults, notes });
      else parseEnvFile(source, { outer: { get: (name) => variables.get(name)?.value }, faults, notes });
      return;
  }
}

function checkCodex(source: SourceFile, { variables, hosts }: ClientContext, faults: FaultList): void {
  let parsed: unknown;
  try {
    parsed = parseToml(source.text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "") ?? "";
    faults.add({ file: source.file, line: error.line }, `broken TOML: ${message}`, "fix the syntax near this line");
    return;
  }
  if (variables === undefined) return;
  // Servers that are not the gateway have keys of their own.
  const judged = new SourceFile(source.file, withoutServers(source.text, otherServersIn(parsed, hosts)));
  for (const match of judged.text.matchAll(/^[ \t]*(bearer_token_env_var|env_key)[ \t]*=[ \t]*["']([^"'\n]*)["']/gm)) {
    const [, option, name = ""] = match;
    if (variables.has(name)) continue;
    const location = { file: source.file, line: judged.lineAt(match.index) };
    faults.add(
      location,
      `${option} names '${name}', which the env file does not set: the client would have no key`,
      suggest(name, variables.keys(), `set ${name} in the env file`),
    );
  }
}

const servers = z.looseObject({
  mcp_servers: z.record(z.string(), z.looseObject({ url: z.string().optional() })).default({}),
});

/** The MCP servers at names that are not the gateway's; none where no server is at one of its names, or on its host. */
function otherServersIn(config: unknown, hosts: readonly string[]): Set<string> {
  const written = Object.entries(servers.safeParse(config).data?.mcp_servers ?? {});
  const isGateways = ([, { url = "" }]: (typeof written)[number]): boolean => {
    const hostname = URL.parse(url)?.hostname ?? "";
    return hosts.includes(hostname) || isNameOfHost(hostname);
  };
  return new Set(written.some(isGateways) ? written.filter((one) => !isGateways(one)).map(([name]) => name) : []);
}
