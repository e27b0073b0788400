import type { SourceLocation, Written } from "../source/location.ts";

export interface PolicyHost {
  name: string;
  /** Traefik entry point that serves it, e.g. `web`. */
  entryPoint: string;
  scheme: "http" | "https";
  /** `internal` is reached from the LAN and from Traefik's network; `external` from outside. */
  zone: "internal" | "external";
  location: SourceLocation;
}

export interface PublicPath {
  path: string;
  /** True when all that lies below (`/ui/…`) is public too; the look-alike `/uix` never is. */
  below: boolean;
  why: string;
  /** LiteLLM's own answer to an anonymous GET, e.g. 200, or 307 for `/ui`; of several, by version, any will do. */
  statuses: readonly number[];
  location: SourceLocation;
}

export interface InjectedRoute {
  path: string;
  hosts: readonly string[];
  methods: readonly string[];
  /** Name of the secret that is injected. */
  secret: string;
  /** Answer of LiteLLM to an accepted key. */
  status: number;
  location: SourceLocation;
}

/** A key that sees and calls the tools of some servers alone. */
export interface ScopedKey {
  /** Name of the secret that is the key. */
  secret: string;
  /** The endpoint that it is meant for, e.g. `/mcp/filesystem`. */
  path: string;
  servers: readonly string[];
  location: SourceLocation;
}

export interface PolicyUpstream {
  /** The key under `mcp_servers`. */
  name: string;
  /** Version of the package that provides the stdio command; undefined for a URL upstream. */
  version: string | undefined;
  /** Tools that it must offer at least, unprefixed. */
  tools: readonly string[];
  /** A Postgres upstream: the variable that holds its DSN, replaced by the throwaway Postgres's. */
  database: { variable: string } | undefined;
  /** A filesystem upstream: the allowed directory in LiteLLM's container, where canary files are put. */
  directory: string | undefined;
  location: SourceLocation;
}

/**
 * Where a secret may be seen; anywhere else is a leak. `upstream.environment` and `client.environment` are those of what
 * LiteLLM starts and of its clients; any other `….environment` is that of a service of compose.yaml.
 */
export type SecretPlace = "litellm.config" | "traefik.labels" | "traefik.api" | `${string}.environment`;

export interface PolicySecret {
  /** Variable of the env file. */
  name: string;
  kind: "api-key" | "postgres-url" | "salt" | "password";
  mayBeIn: readonly SecretPlace[];
  location: SourceLocation;
}

export interface PolicyClient {
  name: string;
  kind: "codex" | "claude" | "open-webui";
  /** Absolute path of its config file. */
  config: string;
  /** Version under test; undefined when the default counts. */
  version: string | undefined;
  /** Where it runs. */
  from: "lan" | "traefik-network";
  location: SourceLocation;
}

/** Traffic that is meant; what is not named is denied. */
export interface ReachRule {
  /** `lan`, `outside`, or a service of compose.yaml. */
  from: string;
  /** `gateway-host`, `lan`, `outside`, or a service of compose.yaml. */
  to: string;
  /** The name that the source uses, e.g. `litellm.linuxserver.lan`. */
  as: string | undefined;
  ports: readonly number[];
  location: SourceLocation;
}

/** Who a denial is told to: the LAN, the outside, or any service of compose.yaml. */
export type DeniedSource = "lan" | "outside" | "services";

/** How the firewall denies what the policy does not name. */
export interface Denial {
  from: DeniedSource;
  /** `refuse`: who tries is told at once (reset, or ICMP); `drop`: nothing comes back. */
  by: "refuse" | "drop";
  /** The named counter in the firewall's file that counts it. */
  counter: Written<string>;
}

/** The gateway host's own firewall. */
export interface PolicyFirewall {
  /** Absolute path of the nftables file, which the gateway host loads as it is. */
  file: string;
  /** What the gateway host's interfaces are called. */
  interfaces: { lan: string; outside: string };
  denials: readonly Denial[];
  location: SourceLocation;
}

/** A model that clients are offered. */
export interface PolicyModel {
  name: string;
  /** What the provider is asked for, without LiteLLM's prefix: `gpt-5` for `openai/gpt-5`. */
  providerModel: string;
  location: SourceLocation;
}

export interface Policy {
  file: string;
  services: { litellm: string; traefik: string };
  /** File name of the env file, relative to the folder; `<name>.example` is read where it is missing. */
  envFile: string;
  hosts: readonly PolicyHost[];
  publicPaths: readonly PublicPath[];
  injectedRoutes: readonly InjectedRoute[];
  /** What an unauthenticated request must be answered. */
  refusal: { status: 401 | 403 | 404; challenge: string | undefined };
  mcp: {
    /** Streamable-HTTP endpoint, e.g. `/mcp/`. */
    endpoint: string;
    /** The stream that the status document watched, e.g. `/mcp/tools`. */
    stream: string;
    /** Longest time between two heartbeats, in seconds. */
    heartbeatSeconds: number;
    /** What the catalogue may cost a client; undefined where the policy says nothing. */
    budget: { tools: number; tokens: number; location: SourceLocation } | undefined;
    scopedKeys: readonly ScopedKey[];
  };
  upstreams: readonly PolicyUpstream[];
  /** What clients are offered; empty where the policy says nothing. */
  models: readonly PolicyModel[];
  clients: readonly PolicyClient[];
  secrets: readonly PolicySecret[];
  reach: readonly ReachRule[];
  /** Undefined where the gateway host has none. */
  firewall: PolicyFirewall | undefined;
}
