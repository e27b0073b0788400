import { createHash } from "node:crypto";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { request } from "undici";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { serverPath } from "../../helpers/deployment/policy/mcp-paths.ts";
import { liteLLMPortOf } from "../../helpers/deployment/services/litellm-port.ts";
import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import type { Deployment, Policy } from "../../helpers/deployment/types.ts";
import type { Exchange, HeaderLines } from "../../helpers/protocol/exchange.ts";
import { connectOverHttp } from "../../helpers/protocol/mcp.ts";
import type { RecordingClient, Resolve } from "../../helpers/protocol/recording-client.ts";
import type { Executed, ExecuteOptions } from "../engine/command.ts";
import type { Engine } from "../engine/engine.ts";
import type { ListingState, Listings } from "../images/contexts/hostile-upstream/listing-states.ts";
import { execute } from "../parts/container-command.ts";
import { type LogWindow, readLog } from "../parts/container-log.ts";
import type { PartHandle } from "../parts/part.ts";
import type { RigState } from "../rigs/rig.ts";
import { everything, filteredServers, hostile, wrongPassword } from "../rigs/test-upstreams.ts";
import type { Once } from "./providers/once.ts";
import { adoptPublishedPorts, partOf } from "./rig-access/parts-of-rig.ts";

/** Resolves a URL to the host and port that it names: there is no Traefik in between. */
export const asWritten: Resolve = (_scheme, host, port) => ({ host, port });

/** What a check sends to the test gateway's LiteLLM. */
export interface TestGatewayRequest {
  path: string;
  method?: string;
  headers?: HeaderLines;
  /** Default: the master key. */
  bearer?: string;
  body?: string;
  /** Milliseconds. */
  deadline?: number;
  /** See {@link HttpRequest.signal}. */
  signal?: AbortSignal;
  invalidOnPurpose?: boolean;
}

/** One call of a tool, as the hostile upstream received it. */
export interface ReceivedCall {
  behaviour: string;
  tool: string;
  input: Readonly<Record<string, unknown>>;
  /** The request's `_meta`; undefined for a request without one. */
  meta?: Readonly<Record<string, unknown>>;
}

/** The deployment's LiteLLM with the suite's own test upstreams, as a check sees it: at LiteLLM's own port. */
export class TestGateway {
  readonly deployment: Deployment;
  readonly policy: Policy;
  readonly canaries: Canaries;
  readonly http: RecordingClient;
  /** The password in the DSN of the upstream `wrong_dsn`. */
  readonly wrongPassword = wrongPassword;
  /** The servers with an alias or a tool filter, as LiteLLM's config has them. */
  readonly filteredServers = filteredServers;
  /** What the checks of this deployment share. */
  readonly once: Once;
  readonly #state: RigState;
  readonly #engine: Engine;

  constructor(options: {
    state: RigState;
    engine: Engine;
    deployment: Deployment;
    canaries: Canaries;
    http: RecordingClient;
    once: Once;
  }) {
    this.once = options.once;
    this.#state = options.state;
    this.#engine = options.engine;
    this.http = options.http;
    this.deployment = options.deployment;
    this.canaries = options.canaries;
    this.policy = options.deployment.policy;
  }

  /** The key that may do everything. */
  get masterKey(): string {
    return this.deployment.litellmConfig.masterKey;
  }

  /** The URL of a path at LiteLLM's own port. */
  url(path: string): string {
    return `${this.#address("litellm", liteLLMPortOf(this.deployment.litellm))}${path}`;
  }

  /** The MCP endpoint of some servers only; LiteLLM selects them by the path. */
  endpoint(...servers: string[]): string {
    return serverPath(this.policy, ...servers);
  }

  /** Runs a command in a container of the rig, e.g. `litellm`; see {@link execute}. */
  async run(part: string, command: readonly string[], options?: ExecuteOptions): Promise<Executed> {
    return await execute(this.#engine, partOf(this.#state, part).containerId, command, options);
  }

  /** Sends a request to LiteLLM. */
  async send({ path, method, headers = [], bearer = this.masterKey, ...rest }: TestGatewayRequest): Promise<Exchange> {
    return await this.http.send({
      url: this.url(path),
      method: method ?? "GET",
      headers: [...headers, ["Authorization", `Bearer ${bearer}`]],
      ...rest,
    });
  }

  /** The official MCP client with the master key, for some servers only. The caller closes it. */
  async mcp(...servers: string[]): Promise<Client> {
    return await connectOverHttp(this.http, this.url(this.endpoint(...servers)), this.masterKey);
  }

  /** The same client, connected to server-everything or to a behaviour of the hostile upstream directly. */
  async upstream(name: string): Promise<Client> {
    return await connectOverHttp(this.http, this.upstreamUrl(name), undefined);
  }

  /** The MCP endpoint of server-everything, or of a path of the hostile upstream. */
  upstreamUrl(name: string): string {
    return name === everything.name
      ? `${this.#address("everything", everything.port)}/mcp`
      : `${this.#address("hostile", hostile.port)}/${name}`;
  }

  /** The calls with this token that the hostile upstream received, from any client. */
  async received(token: string): Promise<ReceivedCall[]> {
    const calls = `${this.#address("hostile", hostile.port)}/_calls?token=${encodeURIComponent(token)}`;
    const exchange = await this.http.send({ url: calls });
    return JSON.parse(exchange.response?.body ?? "[]") as ReceivedCall[];
  }

  /** What a behaviour of the hostile upstream, `reserved` or `held`, did with the listings that it was asked for. */
  async listingsOf(behaviour: string): Promise<Listings> {
    const exchange = await this.http.send({ url: this.#listingUrl(behaviour) });
    return JSON.parse(exchange.response?.body ?? "") as Listings;
  }

  /** Changes what a behaviour of the hostile upstream, `reserved` or `held`, does with a listing. */
  async setListings(behaviour: string, state: ListingState): Promise<void> {
    const exchange = await this.http.send({ method: "PUT", url: `${this.#listingUrl(behaviour)}/${state}` });
    if (exchange.response?.status !== 200)
      throw new Error(`the hostile upstream has no listing ${behaviour} to switch`);
  }

  /**
   * The header of a request that brought a secret to the hostile upstream; undefined when none did. The upstream returns
   * hashes of what it received, so that no secret is in its answer.
   */
  async headerWith(secret: string): Promise<string | undefined> {
    const exchange = await this.http.send({ url: `${this.#address("hostile", hostile.port)}/_words` });
    const words = JSON.parse(exchange.response?.body ?? "{}") as Record<string, string>;
    return words[createHash("sha256").update(secret).digest("hex")];
  }

  /**
   * LiteLLM's ids of its servers, by name. Not through the recording client, which keeps what it sees: 1.77.1 returns
   * each server's environment with its id, the DSN included.
   */
  async serverIds(): Promise<ReadonlyMap<string, string>> {
    const response = await request(this.url("/v1/mcp/server"), {
      headers: { authorization: `Bearer ${this.masterKey}` },
      headersTimeout: deadlines.request,
      bodyTimeout: deadlines.request,
    });
    const servers = (await response.body.json()) as { server_name: string; server_id: string }[];
    return new Map(servers.map(({ server_name, server_id }) => [server_name, server_id]));
  }

  /** What a part has written to its log. */
  async log(part: string, window?: LogWindow): Promise<string> {
    return await readLog(this.#engine, partOf(this.#state, part).containerId, window);
  }

  /**
   * Restarts a part and waits until it answers again. The engine may then publish its ports elsewhere.
   *
   * @throws {DeadlineError} when it does not come back
   */
  async restart(part: "litellm" | "everything"): Promise<void> {
    const handle = partOf(this.#state, part);
    const container = this.#engine.docker.getContainer(handle.containerId);
    await container.restart({ t: 1 });
    await adoptPublishedPorts(this.#engine, handle);
    const [url, status] =
      part === "litellm"
        ? [this.url("/health/liveliness"), 200]
        : [`${this.#address("everything", everything.port)}/mcp`, 400];
    await until(`${part} is up again`, deadlines.gatewayStart, async () => {
      const response = await request(url, { headersTimeout: deadlines.connect, bodyTimeout: deadlines.connect });
      await response.body.dump();
      return response.statusCode === status ? true : undefined;
    });
  }

  #listingUrl(behaviour: string): string {
    return `${this.#address("hostile", hostile.port)}/_listing/${behaviour}`;
  }

  #address(part: string, port: number): string {
    const handle: PartHandle = partOf(this.#state, part);
    return `http://${handle.host}:${handle.ports[port]}`;
  }
}
