import type { SourceLocation, Written } from "../source/location.ts";
import type { StartModel } from "./start-model.ts";

/** One server under `mcp_servers` of LiteLLM's config. */
export type UpstreamConfig = {
  name: string;
  location: SourceLocation;
  /** Its name in front of its tools: `alias`, or from `litellm_settings.mcp_aliases`, else {@link name}. */
  prefix: Written<string>;
  /** Which of its tools LiteLLM lists. */
  tools: ToolFilter;
  accessGroups: readonly string[];
  /** Whether every key may use it (`allow_all_keys`); false on a version that ignores the setting. */
  allowAllKeys: boolean;
  /** Where LiteLLM's config says so. */
  allowAllKeysAt?: SourceLocation;
  /** Where LiteLLM's config names the {@link accessGroups}. */
  accessGroupsAt?: SourceLocation;
} & (
  | {
      transport: "stdio";
      command: string;
      /** Where LiteLLM's config names it. */
      commandAt?: SourceLocation;
      /** Why LiteLLM's container cannot start it, by the files; undefined where they do not say so. */
      cannotStart?: string;
      args: readonly string[];
      /** `os.environ/X` resolved from LiteLLM's environment, as LiteLLM does. */
      env: ReadonlyMap<string, string>;
    }
  | {
      transport: "http" | "sse";
      url: string;
      headers: ReadonlyMap<string, string>;
      /**
       * The OpenAPI document that LiteLLM makes the tools from (`spec_path`): the URL is that of an API, and not of an MCP server; where no
       * file says which, it is a `file:` URL of the document.
       */
      specPath?: string;
    }
);

/** What a server's entry says about its tools, as far as the version that runs obeys it. */
export interface ToolFilter {
  /** The tools that are listed; undefined for all of them. */
  allowed: Written<readonly string[]> | undefined;
  /** The tools that are left out. */
  disallowed: Written<readonly string[]> | undefined;
}

/** A server that LiteLLM starts with and that can list no tool. */
export interface UnusableServer {
  name: string;
  location: SourceLocation;
  /** Why, as part of a sentence. */
  why: string;
  fix: string;
}

/** A value that LiteLLM misreads, and what to do. */
export interface ConfigFinding {
  location: SourceLocation;
  what: string;
  why: string;
  fix: string;
}

/** A text of the config that a tool was to replace: `__MCP_HOST__`. */
export interface ConfigPlaceholder {
  /** As written. */
  text: string;
  /** Which option has it: `mcp_servers.one.url`. */
  option: string;
  /** What comes of it. */
  effect: string;
  location: SourceLocation;
}

/** Why no file of the deployment is LiteLLM's config. */
export interface ConfigGap extends ConfigFinding {
  /**
   * - `unread`: LiteLLM runs without a config, although the deployment has or names one.
   * - `unknown`: LiteLLM reads one that is in none of the deployment's files.
   */
  state: "unread" | "unknown";
}

/** One file of the config: the main one, or one that `include` names. */
export interface ConfigFile {
  /** Absolute path on this machine; the compose file for a config that is written into it. */
  file: string;
  /** Absolute path in the container. */
  inContainer: string;
  /** The whole document as plain data, for rendering a changed copy. */
  document: Record<string, unknown>;
  /** The template as plain data, where a start script makes the file from one: what the operator wrote. */
  template?: Record<string, unknown>;
}

/** LiteLLM's config as the version that runs reads it: the main file, what it includes, and the environment. */
export interface LiteLLMConfig {
  /** The main file; the compose file where LiteLLM runs without a config. */
  file: string;
  /** In the order in which LiteLLM merges them; empty without a config. */
  files: readonly ConfigFile[];
  /** Why no file is it, where the deployment has or names a config; undefined where one is read, or LiteLLM runs without. */
  gap: ConfigGap | undefined;
  /** What LiteLLM makes of them, as plain data; `os.environ/X` is as written. */
  document: Readonly<Record<string, unknown>>;
  /** Every text in them. */
  texts: readonly { path: readonly string[]; value: Written<string> }[];
  /** Where its sections begin, e.g. `general_settings`. */
  sections: ReadonlyMap<string, SourceLocation>;
  /** What a tool was to fill in, and nothing of the deployment does. */
  placeholders: readonly ConfigPlaceholder[];
  /** The variables that LiteLLM gets: the service's, and what a script of its entry point exports. */
  environment: ReadonlyMap<string, Written<string>>;
  /** The version that runs. */
  version: string;
  models: readonly Written<string>[];
  /** The model of LiteLLM's command, which is also in {@link models} and in the {@link document}. */
  startModel?: StartModel | undefined;
  /** The servers that can list tools. */
  upstreams: readonly UpstreamConfig[];
  unusableServers: readonly UnusableServer[];
  /** Whether this LiteLLM starts stdio servers. */
  startsStdio: boolean;
  /** What LiteLLM puts between a server's name and its tool's. */
  separator: string;
  /**
   * The key of the admin, with `os.environ/X` resolved. Where LiteLLM takes none, it is the one that the operator meant, or
   * any text: then every key is an admin's.
   */
  masterKey: string;
  /** The first value of a server that LiteLLM does not read as it is meant, by the server's name. */
  serverFindings: ReadonlyMap<string, ConfigFinding>;
  /** Why LiteLLM lets every caller in, e.g. without a master key; undefined where it demands a key. */
  admitsEveryone: ConfigFinding | undefined;
  /** `general_settings.custom_auth`, e.g. `scoped_keys.authenticate`. */
  customAuth: string | undefined;
  /** Absolute path on this machine of the module that {@link customAuth} names; undefined where none of the files has it. */
  customAuthFile: string | undefined;
}
