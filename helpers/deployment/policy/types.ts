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
  /** True when the paths below it (`/ui/…`) are public too; the look-alike `/uix` never is. */
  below: boolean;
  why: string;
  /** LiteLLM's own answers to an anonymous GET, e.g. 200, or 307 for `/ui`; which one depends on the version. */
  statuses: readonly number[];
  location: SourceLocation;
}

export interface InjectedRoute {
  path: string;
  hosts: readonly string[];
  methods: readonly string[];
  /** Name of the injected secret. */
  secret: string;
  /** Status of LiteLLM's answer to an accepted key. */
  status: number;
  location: SourceLocation;
}

/** A key that sees and calls the tools of some servers only. */
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
  /** Tools that it must offer; their names without prefix. */
  tools: readonly string[];
  /** A Postgres upstream: the variable with its DSN, which a run replaces with its own Postgres's. */
  database: { variable: string } | undefined;
  /** A filesystem upstream: the allowed directory in LiteLLM's container, where a run puts its canary files. */
  directory: string | undefined;
  location: SourceLocation;
}

/**
 * Where a secret may be seen; anywhere else is a leak. `upstream.environment` is the environment of what LiteLLM starts,
 * `client.environment` that of its clients, and any other `….environment` that of a service of the compose file.
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
  /** Version under test; undefined for the default. */
  version: string | undefined;
  /** Where it runs. */
  from: "lan" | "traefik-network";
  location: SourceLocation;
}

/** Traffic that is allowed; everything else is denied. */
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

/** The source of denied traffic: the LAN, the outside, or any service of the compose file. */
export type DeniedSource = "lan" | "outside" | "services";

/** How the firewall denies traffic that the policy does not allow. */
export interface Denial {
  from: DeniedSource;
  /** `refuse`: the source gets a reset or an ICMP message; `drop`: it gets no answer. */
  by: "refuse" | "drop";
  /** The named counter in the firewall's file that counts it. */
  counter: Written<string>;
}

/** The gateway host's own firewall. */
export interface PolicyFirewall {
  /** Absolute path of the nftables file, which the gateway host loads unchanged. */
  file: string;
  /** Names of the gateway host's interfaces. */
  interfaces: { lan: string; outside: string };
  denials: readonly Denial[];
  location: SourceLocation;
}

/** A model that clients are offered. */
export interface PolicyModel {
  name: string;
  /** The model's name at the provider, without LiteLLM's prefix: `gpt-5` for `openai/gpt-5`. */
  providerModel: string;
  location: SourceLocation;
}

export interface Policy {
  file: string;
  /** The services of the compose file that are LiteLLM and Traefik. */
  services: { litellm: string; traefik: string };
  serviceLocations: { litellm: SourceLocation; traefik: SourceLocation };
  /** Path of the env file, relative to the folder; `<path>.example` is read where it is missing. */
  envFile: string;
  hosts: readonly PolicyHost[];
  publicPaths: readonly PublicPath[];
  injectedRoutes: readonly InjectedRoute[];
  /** The answer to an unauthenticated request. */
  refusal: { status: 401 | 403 | 404; challenge: string | undefined };
  mcp: {
    /** Streamable-HTTP endpoint, e.g. `/mcp/`. */
    endpoint: string;
    /** The tools stream, e.g. `/mcp/tools`. */
    stream: string;
    /** Longest time between two heartbeats, in seconds. */
    heartbeatSeconds: number;
    /** The largest catalogue that a client may get; undefined where the policy does not say. */
    budget: { tools: number; tokens: number; location: SourceLocation } | undefined;
    scopedKeys: readonly ScopedKey[];
  };
  upstreams: readonly PolicyUpstream[];
  /** The models that clients are offered; empty where the policy does not say. */
  models: readonly PolicyModel[];
  clients: readonly PolicyClient[];
  secrets: readonly PolicySecret[];
  reach: readonly ReachRule[];
  /** Undefined for a gateway host without one. */
  firewall: PolicyFirewall | undefined;
}
