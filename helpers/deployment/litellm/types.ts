import type { SourceLocation, Written } from "../source/location.ts";

/** One server under `mcp_servers` of LiteLLM's config. */
export type UpstreamConfig = {
  name: string;
  location: SourceLocation;
} & (
  | {
      transport: "stdio";
      command: string;
      args: readonly string[];
      /** `os.environ/X` resolved from LiteLLM's environment, as LiteLLM does. */
      env: ReadonlyMap<string, string>;
    }
  | { transport: "http" | "sse"; url: string; headers: ReadonlyMap<string, string> }
);

export interface LiteLLMConfig {
  file: string;
  /** The whole document as plain data, for rendering a changed copy. */
  document: Record<string, unknown>;
  models: readonly Written<string>[];
  upstreams: readonly UpstreamConfig[];
  /** `general_settings.master_key` with `os.environ/X` resolved; undefined when unset. */
  masterKey: string | undefined;
  /** `general_settings.custom_auth`, e.g. `scoped_keys.authenticate`. */
  customAuth: string | undefined;
}
