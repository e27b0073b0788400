import { type FindSetting, tomlSettings } from "../../../helpers/deployment/clients/setting-line.ts";
import { SourceFile } from "../../../helpers/deployment/source/source-file.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";

/** Where a config of Codex is: its file and text, or the policy's client for a config of the suite's own. */
export interface WrittenConfig {
  file: string | undefined;
  text: string;
  location: SourceLocation;
}

/** Finds the settings of Codex's config; the policy's client is the place of all settings of a config of the suite's own. */
export function codexSettingLines({ file, text, location }: WrittenConfig): FindSetting {
  return file === undefined ? () => location : tomlSettings(new SourceFile(file, text));
}

/**
 * The setting that would give Codex an address of the gateway: that of its provider, or of the first server that is not a command.
 * Its table where there is no such provider or server.
 */
export function missingAddress(
  of: { provider: string | undefined } | { servers: Readonly<Record<string, object>> },
): [string, ...string[]] {
  if ("provider" in of)
    return of.provider === undefined ? ["model_providers"] : ["model_providers", of.provider, "base_url"];
  const server = Object.entries(of.servers).find(([, settings]) => !("command" in settings))?.[0];
  return server === undefined ? ["mcp_servers"] : ["mcp_servers", server, "url"];
}
