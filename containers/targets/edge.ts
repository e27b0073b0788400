import { deadlines, until } from "../../helpers/core/deadlines.ts";
import type { Canaries } from "../../helpers/deployment/canaries.ts";
import type { Deployment, Policy, PolicyHost } from "../../helpers/deployment/types.ts";
import type { Address } from "../../helpers/protocol/address.ts";
import type { Exchange, HeaderLines } from "../../helpers/protocol/exchange.ts";
import type { RecordingClient, Resolve } from "../../helpers/protocol/recording-client.ts";
import { type Received, receivedBy } from "../../helpers/protocol/whoami.ts";
import type { Engine } from "../engine/engine.ts";
import { type PartHandle, readLog } from "../parts/part.ts";
import { entryPointPorts, type LiveRouter, rawData } from "../parts/traefik.ts";
import { liteLLMPort } from "../rigs/edge-rig.ts";
import type { RigState } from "../rigs/rig.ts";
import { AccessLog, type Routing } from "./access-log.ts";

/** What a check sends to the edge. */
export interface EdgeRequest {
  host: PolicyHost;
  /** Path and query, sent as written. */
  path: string;
  method?: string;
  headers?: HeaderLines;
  /** Sent as `Authorization: Bearer …`. */
  bearer?: string;
  body?: string;
}

/** A request as bytes, for what a client library would refuse or tidy up. */
export interface RawEdgeRequest {
  host: PolicyHost;
  path: string;
  method?: string;
  /** The request target as written, where it is not the path. */
  target?: string;
  /** Header lines as written, without the line break. */
  lines: readonly string[];
  body?: string;
}

/** Traefik with the deployment's labels in front of whoami, as a check sees it. */
export class Edge {
  readonly deployment: Deployment;
  readonly policy: Policy;
  readonly #state: RigState;
  readonly #engine: Engine;
  readonly #wire: RecordingClient;
  readonly #canaries: Canaries;

  constructor(options: {
    state: RigState;
    engine: Engine;
    deployment: Deployment;
    canaries: Canaries;
    wire: RecordingClient;
  }) {
    this.#state = options.state;
    this.#engine = options.engine;
    this.#wire = options.wire;
    this.#canaries = options.canaries;
    this.deployment = options.deployment;
    this.policy = options.deployment.policy;
  }

  /** Any key will do: the edge looks at the header's form, not at the key. A secret of the run, so that a leak shows. */
  get anyKey(): string {
    const key = this.policy.secrets.find(({ kind }) => kind === "api-key");
    const value = key && this.#canaries.secrets.get(key.name);
    if (value === undefined) throw new Error("the policy names no secret of kind api-key");
    return value;
  }

  /** The value of a secret in this run. */
  secret(name: string): string {
    return secretOf(this.#canaries, name);
  }

  /** Sends a request through Traefik, by the entry point that serves the host. */
  async send({ host, path, method, headers = [], bearer, body }: EdgeRequest): Promise<Exchange> {
    return await this.#wire.send({
      url: `${host.scheme}://${host.name}${path}`,
      method: method ?? "GET",
      headers: [...headers, ...(bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`] as const])],
      ...(body === undefined ? {} : { body }),
    });
  }

  /** Sends a request as it is written; see {@link RecordingClient.sendRaw}. */
  async sendRaw({ host, path, ...rest }: RawEdgeRequest): Promise<Exchange> {
    return await this.#wire.sendRaw({ url: `${host.scheme}://${host.name}${path}`, ...rest });
  }

  /** Sends a request over HTTP/2, which needs a host that is served by TLS. */
  async sendHttp2({ host, path, method, headers = [], bearer, body }: EdgeRequest): Promise<Exchange> {
    return await this.#wire.sendHttp2({
      url: `${host.scheme}://${host.name}${path}`,
      method: method ?? "GET",
      headers: [...headers, ...(bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`] as const])],
      ...(body === undefined ? {} : { body }),
    });
  }

  /** The request as the target received it; undefined when the answer did not come from the target. */
  received(exchange: Exchange): Received | undefined {
    return receivedBy(this.#canaries.target, exchange);
  }

  /** The way that a request took, by Traefik's access log. */
  async routing(exchange: Exchange): Promise<Routing> {
    const log = await AccessLog.of(this.#engine, this.#part("traefik").containerId);
    return await log.routing(exchange.id);
  }

  /** The same for a request that Traefik may not have logged, e.g. a malformed one; undefined when it has not. */
  async routingIfLogged(exchange: Exchange): Promise<Routing | undefined> {
    const log = await AccessLog.of(this.#engine, this.#part("traefik").containerId);
    return log.seen(exchange.id);
  }

  /** Traefik's live routers. */
  async routers(): Promise<{ routers: LiveRouter[]; text: string }> {
    return await rawData(this.#part("traefik"));
  }

  /**
   * `METHOD /path` of every request that the target has logged by now: a marker, sent past Traefik, comes last, so that
   * nothing that was sent before can still be on its way into the log.
   */
  async targetLog(): Promise<string[]> {
    const target = this.#part("whoami");
    const marker = await this.#wire.send({
      url: `http://${target.host}:${target.ports[liteLLMPort]}/${crypto.randomUUID()}`,
    });
    const mark = new URL(marker.request.url).pathname;
    const log = await until("the target's log shows the marker", deadlines.logLine, async () => {
      const text = await readLog(this.#engine, target.containerId);
      return text.includes(mark) ? text : undefined;
    });
    return [...log.matchAll(/"([A-Z]+ \S+) HTTP\/\d\.\d"/g)].flatMap(([, line]) => line ?? []);
  }

  #part(name: string): PartHandle {
    return partOf(this.#state, name);
  }
}

/**
 * The value of a secret in this run.
 *
 * @throws {Error} when the policy names no such secret
 */
export function secretOf(canaries: Canaries, name: string): string {
  const value = canaries.secrets.get(name);
  if (value === undefined) throw new Error(`the policy names no secret ${name}`);
  return value;
}

/** A part of a rig by name. */
export function partOf(state: RigState, name: string): PartHandle {
  const part = state.parts[name];
  if (part === undefined) throw new Error(`the ${state.rig} rig has no part ${name}`);
  return part;
}

/** Where a part's port is published. */
export interface Published extends Address {
  part: PartHandle;
  /** The port inside of the container. */
  container: number;
}

/**
 * Sends URLs of the deployment's hosts to where the rig publishes them: by the entry point's port to Traefik, LiteLLM's
 * own port to LiteLLM; whatever else is not the rig's goes where it says.
 */
export function resolveIn(state: RigState, deployment: Deployment): Resolve {
  const published = publishedIn(state, deployment);
  return (_scheme, host, port) => {
    if (host === "127.0.0.1") return { host, port };
    const address = published(host, port);
    if (address === undefined)
      throw new Error(`nothing of the ${state.rig} rig is published on port ${port} for ${host}`);
    return address;
  };
}

/** Finds what a URL's host and port mean in a rig; undefined for what is not the rig's. */
export function publishedIn(
  state: RigState,
  deployment: Deployment,
): (host: string, port: number) => Published | undefined {
  const traefik = partOf(state, "traefik");
  const byPort = new Map<number, Published>();
  const publish = (port: number, part: PartHandle | undefined, container: number): void => {
    const at = part?.ports[container];
    if (part !== undefined && at !== undefined) byPort.set(port, { host: part.host, port: at, part, container });
  };
  for (const port of entryPointPorts(deployment.traefik.command ?? []).values()) publish(port, traefik, port);
  // What compose publishes decides which entry point a URL's port means, e.g. `80:8000`.
  for (const { host, container } of deployment.traefik.ports) publish(host, traefik, container);
  publish(liteLLMPort, state.parts.litellm, liteLLMPort);
  const bySocket = new Map<string, Published>();
  for (const part of Object.values(state.parts)) {
    for (const [container, port] of Object.entries(part.ports)) {
      const { host } = part;
      bySocket.set(`${host}:${port}`, { host, port, part, container: Number(container) });
    }
  }
  return (host, port) => bySocket.get(`${host}:${port}`) ?? byPort.get(port);
}
