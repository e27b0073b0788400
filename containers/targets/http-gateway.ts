import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { HostPlace } from "../../helpers/deployment/clients/host-place.ts";
import { decide, internalHostOf } from "../../helpers/deployment/policy/access.ts";
import { originOf } from "../../helpers/deployment/services/origins.ts";
import type { Deployment, Policy, PolicyClient, PolicyHost } from "../../helpers/deployment/types.ts";
import type { Exchange, HeaderLines } from "../../helpers/protocol/exchange.ts";
import { connectOverHttp } from "../../helpers/protocol/mcp.ts";
import type { RawHttpRequest, RecordingClient } from "../../helpers/protocol/recording-client.ts";
import type { Once } from "./providers/once.ts";

/** What a check sends through the whole chain. */
export interface GatewayRequest {
  /** Default: the internal host. */
  host?: PolicyHost;
  /** Path and query, sent as written. */
  path: string;
  /** Default: GET. */
  method?: string;
  headers?: HeaderLines;
  /** Sent as `Authorization: Bearer …`. */
  bearer?: string;
  body?: string;
  /** Milliseconds. */
  deadline?: number;
  /** The request is not validated against MCP's schema. */
  invalidOnPurpose?: boolean;
}

/** What reaching a gateway by HTTP takes, wherever it runs. */
export interface HttpGatewayOptions {
  deployment: Deployment;
  /** Records what is sent, and knows where the policy's hosts are. */
  http: RecordingClient;
  /** What the checks of this deployment share. */
  once: Once;
}

/** A gateway by HTTP and MCP: all that a check needs which needs no engine. */
export abstract class HttpGateway {
  readonly deployment: Deployment;
  readonly policy: Policy;
  readonly http: RecordingClient;
  readonly once: Once;

  constructor({ deployment, http, once }: HttpGatewayOptions) {
    this.deployment = deployment;
    this.policy = deployment.policy;
    this.http = http;
    this.once = once;
  }

  /**
   * The value of a secret.
   *
   * @throws {Error} when the policy names no such secret, or its value is not known here
   */
  abstract secret(name: string): string;

  /**
   * The host by which the LAN and Traefik's network know the gateway.
   *
   * @throws {Error} when the policy names no host
   */
  get internalHost(): PolicyHost {
    const host = internalHostOf(this.policy);
    if (host === undefined) throw new Error("the policy names no host");
    return host;
  }

  /**
   * The key that may do everything.
   *
   * @throws {Error} when LiteLLM's config names none
   */
  get masterKey(): string {
    return this.deployment.litellmConfig.masterKey;
  }

  /** The origin of LiteLLM's own port, past Traefik; undefined where nobody can reach it. */
  protected get ownOrigin(): string | undefined {
    return undefined;
  }

  /**
   * The URL of a path on a host of the policy. Default: on the internal one; where the path never reaches LiteLLM there, at
   * LiteLLM's own port. What an operator hides from clients is still LiteLLM's to serve.
   */
  url(path: string, host?: PolicyHost): string {
    const own = host === undefined && this.#isHidden(path) ? this.ownOrigin : undefined;
    return `${own ?? originOf(this.deployment, host ?? this.internalHost)}${path}`;
  }

  /**
   * A client's text with its addresses as they are called here. Default: as they are written.
   *
   * @param text a config, or one address
   */
  asCalled(_client: PolicyClient, text: string): string {
    return text;
  }

  /** The text of Codex's config, as Codex gets it here. Default: as it is written. */
  codexCopy(_client: PolicyClient, text: string): string {
    return text;
  }

  /** Where an address of the gateway's host leads, if a run calls it otherwise. Default: undefined, as it is called as written. */
  placeOf(_client: PolicyClient, _url: string): HostPlace | undefined {
    return undefined;
  }

  /** The path of LiteLLM's stream of heartbeats; the policy's endpoint serves the same where `mcp.stream` is hidden. */
  get streamPath(): string {
    const { stream, endpoint } = this.policy.mcp;
    return this.#isHidden(stream) ? endpoint : stream;
  }

  /** Whether no request to a path of the internal host reaches LiteLLM: the edge refuses or redirects each. */
  #isHidden(path: string): boolean {
    if (!path.startsWith("/")) return false;
    const host = this.internalHost;
    return ["GET", "POST"].every((method) =>
      ["nobody", "redirect"].includes(decide(this.policy, host, { method, path }).who),
    );
  }

  /** Sends a request through Traefik to LiteLLM, or to LiteLLM's own port; see {@link url}. */
  async send({ host, path, method, headers = [], bearer, ...rest }: GatewayRequest): Promise<Exchange> {
    return await this.http.send({
      url: this.url(path, host),
      method: method ?? "GET",
      headers: [...headers, ...(bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`] as const])],
      ...rest,
    });
  }

  /** The same for a request that is sent as it is written; see {@link RecordingClient.sendRaw}. */
  async sendRaw({
    host,
    path,
    ...rest
  }: Omit<RawHttpRequest, "url"> & { host?: PolicyHost; path: string }): Promise<Exchange> {
    return await this.http.sendRaw({ url: this.url(path, host), ...rest });
  }

  /**
   * The official MCP client, connected as {@link url} says. The caller closes it.
   *
   * @param key default: the master key
   * @param path default: the policy's endpoint
   */
  async mcp(key: string | undefined = this.masterKey, path: string = this.policy.mcp.endpoint): Promise<Client> {
    return await connectOverHttp(this.http, this.url(path), key);
  }
}
