import type { Lock } from "../../catalogue-lock/lock-file.ts";
import type { SourceLocation, Written } from "../source/location.ts";

/** A name by which clients call the gateway, on one entry point (`hosts`). */
export interface PolicyHost {
  name: string;
  /** Traefik entry point that serves it, e.g. `web`; undefined where there is no Traefik. */
  entryPoint: string | undefined;
  scheme: "http" | "https";
  /** The port by which clients call it; undefined for the usual one. */
  port: number | undefined;
  /** `internal` is reached from the LAN and from Traefik's network; `external` from outside. */
  zone: "internal" | "external";
  /** Who may reach what; the first rule that matches counts. Undefined: split by the policy's public paths. */
  access: readonly AccessRule[] | undefined;
  /** Pages of other origins that may call it from a browser; undefined where none may. */
  cors: CorsRule | undefined;
  location: SourceLocation;
}

/** Whose pages may call which paths. */
export interface CorsRule {
  origins: readonly string[];
  /** As written: `/ui` is that path alone, `/ui/**` every path below it. */
  paths: readonly string[];
  location: SourceLocation;
}

/**
 * Who a rule lets through. `bearer`: the edge demands a Bearer credential; `litellm`: everything passes and LiteLLM judges;
 * `login`: a forward-auth service judges; `nobody`: the edge refuses everyone; `redirect`: the edge answers with a redirect.
 */
export type AccessKind = "anyone" | "bearer" | "litellm" | "login" | "nobody" | "redirect";

/** One rule of a host's access, as written. */
export interface AccessRule {
  /** As written: `/ui` is that path alone, `/ui/**` every path below it. Undefined: every path. */
  paths: readonly string[] | undefined;
  /** Undefined: every method. */
  methods: readonly string[] | undefined;
  who: AccessKind;
  /** Statuses as written; undefined where the default counts. */
  statuses: readonly number[] | undefined;
  challenge: string | undefined;
  /** Of a redirect: `https`, or an address. */
  to: string | undefined;
  /** Of a login: the compose service that judges. */
  service: string | undefined;
  /** Of a login: the headers by which the service names the caller. */
  headers: readonly string[];
  why: string | undefined;
  location: SourceLocation;
}

/** One compose project of the deployment. */
export interface PolicyComposeProject {
  /** Undefined: as compose derives it. */
  project: string | undefined;
  /** Absolute paths, in the order of compose's `-f`. */
  files: readonly string[];
  /** Its project directory, absolute; undefined: the folder of the first file. */
  directory: string | undefined;
  /** Absolute path; undefined: `.env` in its directory. */
  envFile: string | undefined;
  profiles: readonly string[];
  location: SourceLocation;
}

/** A package with its exact version. */
export interface PackageName {
  ecosystem: "npm" | "pypi";
  /** As the registry names it; of PyPI with extras as written. */
  name: string;
  version: string;
}

/** How a compose service is run. */
export interface PolicyPart {
  package: PackageName | undefined;
  command: readonly string[] | undefined;
  standIn: "forward-auth" | undefined;
  version: string | undefined;
  /** Why it is not part of the run. */
  leftOut: string | undefined;
  location: SourceLocation;
}

/** A path that is open to anyone (`public`). */
export interface PublicPath {
  path: string;
  /** True when the paths below it (`/ui/…`) are public too; the look-alike `/uix` never is. */
  below: boolean;
  why: string;
  /** LiteLLM's own answers to an anonymous GET, e.g. 200, or 307 for `/ui`; which one depends on the version. */
  statuses: readonly number[];
  location: SourceLocation;
}

/** A path on which Traefik adds a key for callers that have none (`injected`). */
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

/** A call of an upstream's tool that changes nothing, and what is known of its result. */
export interface UpstreamExample {
  /** Its name without prefix. */
  tool: string;
  arguments: Readonly<Record<string, unknown>>;
  /** A text on one line that every result contains. */
  contains: string;
}

/** An MCP server behind LiteLLM (`upstreams`). */
export interface PolicyUpstream {
  /** The key under `mcp_servers`. */
  name: string;
  /** Version of the package that provides the stdio command; undefined for a URL upstream. */
  version: string | undefined;
  /** The package that contains the command; undefined where the command or a recipe of the suite says it. */
  package: PackageName | undefined;
  /** Tools that it must offer; their names without prefix. Empty for one that is left out. */
  tools: readonly string[];
  /** Where it is registered. */
  in: "config" | "database";
  /** Of one in the database: its address and transport. */
  url: string | undefined;
  transport: "http" | "sse" | undefined;
  /** Of one in the database: the access groups that it belongs to. */
  accessGroups: readonly string[];
  /** Of one in the database: whether every key may use it. */
  allowAllKeys: boolean;
  /** True when a server of the suite's own takes its place. */
  standIn: boolean;
  /** Why it is not part of the run; undefined for one that is. */
  leftOut: string | undefined;
  /** A Postgres upstream: the variable with its DSN, which a run replaces with its own Postgres's. */
  database: { variable: string } | undefined;
  /** A filesystem upstream: the allowed directory in LiteLLM's container, where a run puts its canary files. */
  directory: string | undefined;
  /** A call that changes nothing, with a known result; undefined where the policy names none. */
  example: UpstreamExample | undefined;
  /** What was approved of it; undefined for one without a lock file. */
  lock: Lock | undefined;
  location: SourceLocation;
}

/**
 * Where a secret may be seen; anywhere else is a leak. `upstream.environment` is the environment of what LiteLLM starts,
 * `client.environment` that of its clients, and any other `….environment` that of a service of the compose file;
 * `….command` is the command line of a service.
 */
export type SecretPlace =
  | "litellm.config"
  | "traefik.labels"
  | "traefik.api"
  | `${string}.environment`
  | `${string}.command`;

/** A secret, and the only places where it may be seen (`secrets`). */
export interface PolicySecret {
  /** Variable of an env file, or name of a compose secret. */
  name: string;
  in: "variable" | "compose-secret";
  kind: "api-key" | "postgres-url" | "salt" | "password" | "cookie-secret";
  mayBeIn: readonly SecretPlace[];
  location: SourceLocation;
}

/** A client whose config is part of the deployment (`clients`). */
export interface PolicyClient {
  name: string;
  kind: "codex" | "claude" | "open-webui";
  /** Absolute path of its config file; undefined for one in a service, and for a Codex that gets a config of the suite's own. */
  config: string | undefined;
  /** The compose service that it runs in, by key, and whose environment is its config. */
  service: string | undefined;
  /** Of a Codex without a config file: the secret that it has as its key. */
  key: string | undefined;
  /** The model that it asks for; undefined for the first name in LiteLLM's config that is not a pattern. */
  model: string | undefined;
  /** Version under test; undefined for the default. */
  version: string | undefined;
  /** Where it runs; `service` is on the networks of its {@link service}. */
  from: "lan" | "traefik-network" | "service";
  location: SourceLocation;
}

/** A client whose config file is part of the deployment. */
export type ConfiguredClient = PolicyClient & { config: string };

/** A client that a compose service of the deployment runs. */
export type ServiceClient = PolicyClient & { service: string };

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

/** MCP servers that a key or a team is granted: by name, and by access group. */
export interface PolicyGrant {
  servers: readonly string[];
  accessGroups: readonly string[];
}

/** A role of LiteLLM's users. */
export type UserRole = "proxy_admin" | "proxy_admin_viewer" | "internal_user" | "internal_user_viewer";

/** A caller with a virtual key, and its rights. */
export interface PolicyIdentity extends PolicyGrant {
  name: string;
  /** The secret that is its key; undefined for a key that a run makes. */
  secret: string | undefined;
  /** By server: the only tools of it that the key may use. */
  tools: ReadonlyMap<string, readonly string[]>;
  /** What its team is granted; undefined for a key without a team. */
  team: PolicyGrant | undefined;
  /** The models that its key may use; empty for all. */
  models: readonly string[];
  /** The only paths that its key opens, or LiteLLM's names for groups of them; empty for no such limit. */
  routes: readonly string[];
  /** The role of the user whose key it is; undefined for a key of nobody's. */
  role: UserRole | undefined;
  location: SourceLocation;
}

/** A model that clients are offered. */
export interface PolicyModel {
  name: string;
  /** The model's names at the provider, without LiteLLM's prefix: `gpt-5` for `openai/gpt-5`. LiteLLM asks for any of them. */
  providerModels: readonly string[];
  location: SourceLocation;
}

/** Someone who can log in. */
export interface PolicyPerson {
  name: string;
  /** Name of the secret that is the password. */
  password: string;
}

/** How people and MCP clients log in. */
export interface PolicyAuthorization {
  issuer: string;
  /** The compose service that is the identity provider. */
  provider: string;
  /** The compose service that logs browsers in. */
  proxy: string;
  /** What tokens are for; RFC 9728's `resource`. */
  resource: string;
  audience: string;
  scopes: readonly string[];
  registration: readonly ("pre-registered" | "dynamic")[];
  client: { id: string; redirect: string };
  /** Another client of the realm, whose tokens are refused. */
  foreignClient: string | undefined;
  user: PolicyPerson;
  admin: PolicyPerson | undefined;
  /** The longest life of an access token. */
  accessTokenSeconds: number;
  /** The longest time for which a browser's session outlives its end at the provider. */
  sessionSeconds: number;
  location: SourceLocation;
}

/** What is meant to hold: `policy.yaml`, parsed. */
export interface Policy {
  file: string;
  /** The services of the compose file that are LiteLLM and Traefik. */
  services: {
    litellm: string;
    /**
     * Undefined where the policy names none: then the service `traefik` is, where there is one. False where a Traefik does not
     * stand in front of LiteLLM.
     */
    traefik: string | false | undefined;
  };
  serviceLocations: { litellm: SourceLocation; traefik: SourceLocation };
  /** Path of the env file, relative to the folder; its example (`<path>.example` …) is read where it is missing. */
  envFile: string;
  /** Empty: what compose itself finds in the folder. */
  compose: readonly PolicyComposeProject[];
  /** Variables of the operator's shell. A path is absolute. */
  variables: ReadonlyMap<string, Written<string>>;
  /** Absolute path on the host to the absolute path of what stands for it here. */
  files: ReadonlyMap<string, Written<string>>;
  /** By compose service. */
  parts: ReadonlyMap<string, PolicyPart>;
  hosts: readonly PolicyHost[];
  /** Undefined where nobody logs in. */
  authorization: PolicyAuthorization | undefined;
  publicPaths: readonly PublicPath[];
  injectedRoutes: readonly InjectedRoute[];
  /** The answer to an unauthenticated request. */
  refusal: { status: 401 | 403 | 404; challenge: string | undefined; location: SourceLocation };
  mcp: {
    /** Streamable-HTTP endpoint, e.g. `/mcp/`. */
    endpoint: string;
    /** The tools stream, e.g. `/mcp/tools`. */
    stream: string;
    /** Longest time between two heartbeats, in seconds. */
    heartbeatSeconds: number;
    /** How long a tool may take, in seconds. */
    callSeconds: number;
    /** The largest catalogue that a client may get; undefined where the policy does not say. */
    budget: { tools: number; tokens: number; location: SourceLocation } | undefined;
    scopedKeys: readonly ScopedKey[];
  };
  upstreams: readonly PolicyUpstream[];
  /** Empty: one for each upstream. */
  identities: readonly PolicyIdentity[];
  /** Within how many seconds a changed key must have lost its old rights. */
  keyChangeSeconds: number;
  /** The models that clients are offered; empty where the policy does not say. */
  models: readonly PolicyModel[];
  clients: readonly PolicyClient[];
  secrets: readonly PolicySecret[];
  reach: readonly ReachRule[];
  /** Services that are meant to have the engine's socket, next to Traefik and a proxy of it. */
  dockerSocket: readonly string[];
  /** Undefined for a gateway host without one. */
  firewall: PolicyFirewall | undefined;
}
