import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { handshakeFailure } from "../../helpers/checks/handshake-failure.ts";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { liteLLMPortOf } from "../../helpers/deployment/services/litellm-port.ts";
import { originOf } from "../../helpers/deployment/services/origins.ts";
import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import type { DeploymentWithTraefik, Policy, PolicyHost } from "../../helpers/deployment/types.ts";
import { type Exchange, endedInHandshake, type HeaderLines } from "../../helpers/protocol/exchange.ts";
import type { RecordingClient } from "../../helpers/protocol/recording-client.ts";
import { type Received, receivedBy } from "../../helpers/protocol/whoami.ts";
import type { Engine } from "../engine/engine.ts";
import type { Judgement } from "../images/contexts/forward-auth/judge.ts";
import { readLog } from "../parts/container-log.ts";
import { forwardAuthPart, identityOf, sessionCookie } from "../parts/deployment/forward-auth.ts";
import { entryPointPorts, type LiveRouter, rawData } from "../parts/deployment/traefik.ts";
import type { PartHandle } from "../parts/part.ts";
import { secondTarget } from "../rigs/edge-rig.ts";
import type { RigState } from "../rigs/rig.ts";
import { callerKey } from "./caller-key.ts";
import type { Once } from "./providers/once.ts";
import { AccessLog, type Routing } from "./rig-access/access-log.ts";
import { deploymentRouting } from "./rig-access/deployment-routing.ts";
import { partOf, publishedIn, secretOf } from "./rig-access/parts-of-rig.ts";
import { traefikLogOf } from "./rig-access/traefik-log.ts";

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
  /** Milliseconds; the default is that of any request. */
  deadline?: number;
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
  readonly deployment: DeploymentWithTraefik;
  readonly policy: Policy;
  /** What the checks of this deployment share. */
  readonly once: Once;
  readonly #state: RigState;
  readonly #engine: Engine;
  readonly #http: RecordingClient;
  readonly #canaries: Canaries;

  constructor(options: {
    state: RigState;
    engine: Engine;
    deployment: DeploymentWithTraefik;
    canaries: Canaries;
    http: RecordingClient;
    once: Once;
  }) {
    this.once = options.once;
    this.#state = options.state;
    this.#engine = options.engine;
    this.#http = options.http;
    this.#canaries = options.canaries;
    this.deployment = options.deployment;
    this.policy = options.deployment.policy;
  }

  /**
   * Any key will do: the edge looks at the header's form, not at the key. One that a caller has, so that a leak shows and a report
   * names the key that a client would send.
   */
  get anyKey(): string {
    return callerKey(this.deployment, this.#canaries);
  }

  /** The headers of a caller who has logged in at the forward-auth service; none where the policy has no login. */
  get session(): HeaderLines {
    const hasLogin = this.policy.hosts.some(({ access = [] }) => access.some(({ who }) => who === "login"));
    return hasLogin ? [["Cookie", `${sessionCookie}=${this.#canaries.session}`]] : [];
  }

  /** The value of a secret in this run. */
  secret(name: string): string {
    return secretOf(this.#canaries, name);
  }

  /** Sends a request through Traefik, by the entry point that serves the host. */
  async send({ host, path, method, headers = [], bearer, body, deadline }: EdgeRequest): Promise<Exchange> {
    return await this.#http.send({
      url: `${originOf(this.deployment, host)}${path}`,
      method: method ?? "GET",
      headers: [...headers, ...(bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`] as const])],
      ...(body === undefined ? {} : { body }),
      ...(deadline === undefined ? {} : { deadline }),
    });
  }

  /** Sends a request as it is written; see {@link RecordingClient.sendRaw}. */
  async sendRaw({ host, path, ...rest }: RawEdgeRequest): Promise<Exchange> {
    return await this.#http.sendRaw({ url: `${originOf(this.deployment, host)}${path}`, ...rest });
  }

  /** Sends a request over HTTP/2, which needs a host that is served by TLS. */
  async sendHttp2({ host, path, method, headers = [], bearer, body }: EdgeRequest): Promise<Exchange> {
    return await this.#http.sendHttp2({
      url: `${originOf(this.deployment, host)}${path}`,
      method: method ?? "GET",
      headers: [...headers, ...(bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`] as const])],
      ...(body === undefined ? {} : { body }),
    });
  }

  /** The request as the target received it; undefined when the answer did not come from the target. */
  received(exchange: Exchange): Received | undefined {
    return receivedBy(this.#canaries.target, exchange);
  }

  /**
   * How Traefik routed a request, by its access log.
   *
   * @throws {CheckFailure} for a request that did not get as far as that: nothing logs it
   */
  async routing(exchange: Exchange): Promise<Routing> {
    this.#expectPublished(exchange);
    if (endedInHandshake(exchange)) throw new CheckFailure(handshakeFailure(this.deployment, exchange));
    const log = await AccessLog.of(this.#engine, this.#part("traefik").containerId);
    return deploymentRouting(this.deployment, await log.routing(exchange.id));
  }

  /** The same for a request that Traefik may not have logged, e.g. a malformed one; undefined when it has not. */
  async routingIfLogged(exchange: Exchange): Promise<Routing | undefined> {
    const log = await AccessLog.of(this.#engine, this.#part("traefik").containerId);
    const seen = log.seen(exchange.id);
    return seen && deploymentRouting(this.deployment, seen);
  }

  /** @throws {CheckFailure} for a request to a port that the deployment does not publish: nothing logs it */
  #expectPublished({ request, response }: Exchange): void {
    const [url = ""] = request.url.split(" ");
    if (response !== undefined || !URL.canParse(url)) return;
    const { hostname, port, protocol } = new URL(url);
    const called = Number(port) || (protocol === "https:" ? 443 : 80);
    if (publishedIn(this.#state, this.deployment)(hostname, called) !== undefined) return;
    const { traefik, traefikModel } = this.deployment;
    const entryPoints = [...entryPointPorts(traefikModel)].map(([name, own]) => `${name} on ${own}`);
    throw new CheckFailure({
      summary: `no entry point is published on port ${called}, by which clients call ${hostname}`,
      code: "not-published",
      expected: `an entry point of Traefik on port ${called} of the gateway host`,
      actual: `${entryPoints.join(", ")}; published: ${traefik.ports.map(({ host, container }) => `${host}:${container}`).join(", ") || "nothing"}`,
      cause: "the entry point's address and the ports that compose publishes do not fit together",
      location: traefikModel.static.entryPoints.values().next().value?.location ?? traefik.location,
      fix: "publish the entry point's port, or write the 'port' in the policy by which clients call the host",
    });
  }

  /** Traefik's live routers. */
  async routers(): Promise<{ routers: LiveRouter[]; text: string }> {
    return await rawData(this.#part("traefik"), this.deployment.traefikModel);
  }

  /** What Traefik has written to its output about this deployment by now: its messages, and what of its access log is there. */
  async traefikLog(): Promise<string> {
    const traefik = this.#part("traefik");
    const behind = Object.values(this.#state.parts).filter((part) => part !== traefik);
    return await traefikLogOf(this.#engine, traefik, behind);
  }

  /**
   * `METHOD /path` of every request that the target has logged by now: a marker, sent past Traefik, comes last, so that
   * nothing that was sent before can still be on its way into the log.
   */
  async targetLog(): Promise<string[]> {
    const targets = ["whoami", secondTarget].flatMap((name) => this.#state.parts[name] ?? []);
    return (await Promise.all(targets.map((target) => this.#logOf(target)))).flat();
  }

  async #logOf(target: PartHandle): Promise<string[]> {
    const marker = await this.#http.send({
      url: `http://${target.host}:${target.ports[liteLLMPortOf(this.deployment.litellm)]}/${crypto.randomUUID()}`,
    });
    const mark = new URL(marker.request.url).pathname;
    const log = await until("the target's log shows the marker", deadlines.logLine, async () => {
      const text = await readLog(this.#engine, target.containerId);
      return text.includes(mark) ? text : undefined;
    });
    return [...log.matchAll(/"([A-Z]+ \S+) HTTP\/\d\.\d"/g)].flatMap(([, line]) => line ?? []);
  }

  /**
   * Every request that the stand-in of a forward-auth service was asked about by now, by its log: a marker, sent past Traefik,
   * comes last.
   *
   * @param service the compose service that the policy's login rule names
   */
  async judgements(service: string): Promise<Judgement[]> {
    const { host, ports, containerId } = this.#part(forwardAuthPart(service));
    const { endpoints } = JSON.parse(this.#part(forwardAuthPart(service)).started.environment.FORWARD_AUTH ?? "") as {
      endpoints: { port: number; path: string }[];
    };
    const [endpoint] = endpoints;
    if (endpoint === undefined) throw new Error(`no middleware asks ${service}`);
    const marker = await this.#http.send({ url: `http://${host}:${ports[endpoint.port]}${endpoint.path}` });
    return await until("the log of the forward-auth stand-in shows the marker", deadlines.logLine, async () => {
      const judged = judgementsIn(await readLog(this.#engine, containerId));
      return judged.some(({ agent }) => agent.includes(marker.id)) ? judged : undefined;
    });
  }

  /** The value by which the stand-in of a forward-auth service names the caller in a header. */
  identity(headerName: string): string {
    return identityOf(headerName);
  }

  /** Whether a stand-in judges for a service of this deployment. */
  hasJudge(service: string): boolean {
    return this.#state.parts[forwardAuthPart(service)] !== undefined;
  }

  #part(name: string): PartHandle {
    return partOf(this.#state, name);
  }
}

function judgementsIn(log: string): Judgement[] {
  return log.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Judgement] : []));
}
