/** Where something stands in a file that the operator wrote. */
export interface SourceLocation {
  /** Absolute path. */
  file: string;
  /** 1-based. */
  line: number;
}

/** A value that remembers where it was written, so that a failure can name the line. */
export interface Written<T> {
  value: T;
  location: SourceLocation;
}

export interface Mount {
  /** Absolute path on this machine for a bind mount; a volume's name for a volume. */
  source: string;
  kind: "bind" | "volume";
  /** Absolute path in the container. */
  target: string;
  readOnly: boolean;
  location: SourceLocation;
}

export interface PublishedPort {
  host: number;
  container: number;
  protocol: "tcp" | "udp";
  location: SourceLocation;
}

/** One service of `compose.yaml`, variables interpolated. */
export interface ComposeService {
  name: string;
  location: SourceLocation;
  /** As written, e.g. `ghcr.io/berriai/litellm:main-v1.77.1`. */
  image: Written<string>;
  /** The version that the image's tag says, e.g. `1.77.1`; undefined when the tag names none (`latest`, a digest). */
  version: string | undefined;
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
  /** `env_file` first, then `environment` over it, as compose does. */
  environment: ReadonlyMap<string, Written<string>>;
  labels: ReadonlyMap<string, Written<string>>;
  mounts: readonly Mount[];
  ports: readonly PublishedPort[];
  /** Network name to the aliases that the service has on it. */
  networks: ReadonlyMap<string, readonly string[]>;
  user: string | undefined;
  workingDir: string | undefined;
  /** As the engine runs it, a text by way of `/bin/sh -c`; undefined where compose.yaml has none, or turns it off. */
  healthcheck: { command: readonly string[]; location: SourceLocation } | undefined;
}

export interface ComposeNetwork {
  name: string;
  /** Declared `internal: true`. */
  internal: boolean;
  /** Declared `enable_ipv6: true`. */
  ipv6: boolean;
  /** What the network's interface is called on the gateway host; undefined where docker makes a name up. */
  bridge: string | undefined;
  location: SourceLocation;
}

export interface ComposeFile {
  file: string;
  services: ReadonlyMap<string, ComposeService>;
  networks: ReadonlyMap<string, ComposeNetwork>;
}

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

/** An operator's folder, read and checked. Nothing of it is ever written to. */
export interface Deployment {
  /** Absolute path. */
  folder: string;
  /** `sha256:…` over every file of the folder by relative path and content. */
  digest: string;
  policy: Policy;
  compose: ComposeFile;
  /** The services that the policy names. */
  litellm: ComposeService;
  traefik: ComposeService;
  litellmConfig: LiteLLMConfig;
  /** Variables of the env file (after replacement). */
  variables: ReadonlyMap<string, Written<string>>;
}

export interface LoadOptions {
  /**
   * Replacements for variables of the env file, made before anything is interpolated: the run's canaries.
   * Where the original value also stands literally in a label, a command, an environment or LiteLLM's config, that is
   * replaced too, so that a pasted secret is still recognised.
   */
  replace?: ReadonlyMap<string, string>;
}
