import type { Leak as SecretLeak } from "../../helpers/run/run-record.ts";
import type { Clients } from "./clients.ts";
import type { Edge } from "./edge.ts";
import type { Gateway } from "./gateway.ts";
import type { HttpGateway } from "./http-gateway.ts";
import type { Login } from "./login.ts";
import type { LoginClients } from "./login-clients.ts";
import type { Reachability } from "./reachability.ts";
import type { TestGateway } from "./test-gateway.ts";

/** What a check talks to, by the name under which it gets it. */
export interface TargetTypes {
  /** Traefik with the deployment's configuration in front of whoami. */
  edge: Edge;
  /** The whole gateway: a rig, or a gateway that runs elsewhere. */
  gateway: GatewayTarget;
  /** Machines with MCP clients on them, and a front that makes the gateway fail. */
  clients: Clients;
  /** Who connects to whom on the gateway's networks. */
  reachability: Reachability;
  /** The deployment's LiteLLM with the suite's own test upstreams. */
  testGateway: TestGateway;
  /** A LiteLLM for one check only, which may restart it. */
  restartableGateway: TestGateway;
  /** The gateway behind its real login: Keycloak, oauth2-proxy and LiteLLM. */
  login: LoginTarget;
  /** Machines with MCP clients that log their user in; for checks that need `login` too. */
  loginClients: LoginClientsTarget;
  /** Everything that the run has and has written, searched for its secrets; only when every other check is over. */
  secretSearch: SecretSearch;
}

/** The login as far as the deployment has one: a check asks for it, and is not supported without. */
export interface LoginTarget {
  /** Undefined where the policy has no `authorization`. */
  real: Login | undefined;
}

/** The clients at the login, as far as the deployment has one. */
export interface LoginClientsTarget {
  /** Undefined where the policy has no `authorization`. */
  machines: LoginClients | undefined;
}

/** Searches a run for its secrets. */
export interface SecretSearch {
  /** @throws {EnvironmentError} when a part that has to be searched is gone */
  search(): Promise<{ leaks: readonly SecretLeak[]; searched: number }>;
}

/** Name of a target. */
export type TargetName = keyof TargetTypes;

/** All that a gateway offers through HTTP and MCP, with the policy and the deployment's files at hand. */
export type GatewayTarget = HttpGateway;

/** What only some gateways offer in addition. A rig offers all of it; a live gateway none. */
export interface GatewayCapabilities {
  /** Values that exist in this run only: a database, a file, the secrets. */
  canaries: Pick<Gateway, "canaries">;
  /** Which router and server took a request, by Traefik's access log. */
  "access-log": Pick<Gateway, "routing">;
  /** Traefik's live configuration. */
  "traefik-api": Pick<Gateway, "routers">;
  /** Commands and files on the rig's machines. */
  commands: Pick<Gateway, "run" | "write" | "partOfUpstream">;
  /** A real browser on the LAN. */
  browser: Pick<Gateway, "browse">;
  /** The logs of parts. */
  "part-logs": Pick<Gateway, "log" | "logOnce">;
  /** What the engine knows of parts. */
  inspection: Pick<Gateway, "inspect" | "parts" | "partOfService" | "version">;
  /** The model behind LiteLLM, which answers as a check says. */
  "scripted-model": Pick<Gateway, "model">;
  /** The deployment's stdio upstreams, asked without the gateway. */
  "direct-upstreams": Pick<Gateway, "upstream">;
  /** LiteLLM's own port, past Traefik. */
  "litellm-port": Pick<Gateway, "directUrl">;
}

/** Name of a capability. */
export type GatewayCapability = keyof GatewayCapabilities;

/** The large clients of the matrix, which a run must ask for (`CLIENTS=all`). */
export type OptionalNeed = "heavy-clients";

/** What a check may need. */
export type Need = TargetName | GatewayCapability | OptionalNeed;

/** A gateway with these capabilities. */
export type GatewayWith<C extends GatewayCapability> = GatewayTarget &
  (UnionToIntersection<C extends GatewayCapability ? GatewayCapabilities[C] : never> & object);

/** The targets that a check with these needs gets. */
export type TargetsFor<N extends Need> = {
  [T in Extract<N, TargetName>]: T extends "gateway" ? GatewayFor<N> : TargetTypes[T];
};

type GatewayFor<N extends Need> = [Extract<N, GatewayCapability>] extends [never]
  ? GatewayTarget
  : GatewayWith<Extract<N, GatewayCapability>>;

type UnionToIntersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never;

const targets: Readonly<Record<TargetName, true>> = {
  edge: true,
  gateway: true,
  clients: true,
  reachability: true,
  testGateway: true,
  restartableGateway: true,
  login: true,
  loginClients: true,
  secretSearch: true,
};

/** Whether a need is a target's name. */
export function isTargetName(need: string): need is TargetName {
  return Object.hasOwn(targets, need);
}
