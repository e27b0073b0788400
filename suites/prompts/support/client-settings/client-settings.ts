import { SourceFile } from "../../../../helpers/deployment/source/source-file.ts";
import type { ConfiguredClient } from "../../../../helpers/deployment/types.ts";
import { claudeSettings } from "./claude.ts";
import type { ClientEndpoint, ClientFault } from "./client-endpoint.ts";
import { codexSettings } from "./codex.ts";
import { openWebUiSettings } from "./open-webui.ts";

/** A client's config, read as the client reads it. */
export interface ClientSettings {
  client: ConfiguredClient;
  endpoints: readonly ClientEndpoint[];
  /** Faults that only this kind of client can have; `endpointFaults` finds those that every kind can have. */
  faults: readonly ClientFault[];
}

/**
 * Reads a client's config.
 *
 * @param text of the file, as written
 */
export function clientSettings(client: ConfiguredClient, text: string): ClientSettings {
  const source = new SourceFile(client.config, text);
  const read = { codex: codexSettings, claude: claudeSettings, "open-webui": openWebUiSettings }[client.kind];
  return { client, ...read(source) };
}
