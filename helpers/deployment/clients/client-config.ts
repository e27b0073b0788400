import { parse as parseToml, TomlError } from "smol-toml";
import { suggest } from "../../core/text/nearest.ts";
import { parseEnvFile } from "../compose/environment/env-file.ts";
import type { ConfiguredClient } from "../policy/types.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { readSource, SourceFile } from "../source/source-file.ts";

/**
 * Reads a client's config and checks that it parses and takes its keys from variables of the env file: a run gives a
 * client no others.
 *
 * @param variables the env file; undefined when it could not be read: then no variable counts as unset
 * @returns undefined when the file can't be read
 */
export function readClientConfig(
  client: Pick<ConfiguredClient, "name" | "kind" | "config">,
  variables: ReadonlyMap<string, Written<string>> | undefined,
  faults: FaultList,
  notes: NoteList,
): SourceFile | undefined {
  const source = readSource(
    client.config,
    faults,
    `write it, or fix 'config' of the client '${client.name}' in policy.yaml`,
  );
  if (source !== undefined) checkSyntax(client, source, variables, faults, notes);
  return source;
}

function checkSyntax(
  client: Pick<ConfiguredClient, "kind">,
  source: SourceFile,
  variables: ReadonlyMap<string, Written<string>> | undefined,
  faults: FaultList,
  notes: NoteList,
): void {
  switch (client.kind) {
    case "codex":
      checkCodex(source, variables, faults);
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

function checkCodex(
  source: SourceFile,
  variables: ReadonlyMap<string, Written<string>> | undefined,
  faults: FaultList,
): void {
  try {
    parseToml(source.text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "") ?? "";
    faults.add({ file: source.file, line: error.line }, `broken TOML: ${message}`, "fix the syntax near this line");
    return;
  }
  if (variables === undefined) return;
  for (const match of source.text.matchAll(/^[ \t]*(bearer_token_env_var|env_key)[ \t]*=[ \t]*["']([^"'\n]*)["']/gm)) {
    const [, option, name = ""] = match;
    if (variables.has(name)) continue;
    const location = { file: source.file, line: source.lineAt(match.index) };
    faults.add(
      location,
      `${option} names '${name}', which the env file does not set: the client would have no key`,
      suggest(name, variables.keys(), `set ${name} in the env file`),
    );
  }
}
