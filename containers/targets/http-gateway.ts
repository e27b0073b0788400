import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { onlyRedirects } from "../../helpers/deployment/policy/access.ts";
import { originOf } from "../../helpers/deployment/services/origins.ts";
import type { Deployment, Policy, PolicyHost } from "../../helpers/deployment/types.ts";
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
    const { hosts } = this.policy;
    const serving = hosts.filter((one) => !onlyRedirects(this.policy, one));
    const host = serving.find(({ zone }) => zone === "internal") ?? serving[0] ?? hosts[0];
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

  /** The URL of a path on a host of the policy; default: the internal one. */
  url(path: string, host: PolicyHost = this.internalHost): string {
    return `${originOf(this.deployment, host)}${path}`;
  }

  /** Sends a request through Traefik to LiteLLM. */
  async send({ host, path, method, headers = [], bearer, ...rest }: GatewayRequest): Promise<Exchange> {
    return await this.http.send({
      url: this.url(path, host),
      method: method ?? "GET",
      headers: [...headers, ...(bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`] as const])],
      ...rest,
    });
  }

  /** Sends a request as it is written through Traefik to LiteLLM; see {@link RecordingClient.sendRaw}. */
  async sendRaw({
    host,
    path,
    ...rest
  }: Omit<RawHttpRequest, "url"> & { host?: PolicyHost; path: string }): Promise<Exchange> {
    return await this.http.sendRaw({ url: this.url(path, host), ...rest });
  }

  /**
   * The official MCP client, connected through Traefik. The caller closes it.
   *
   * @param key default: the master key
   * @param path default: the policy's endpoint
   */
  async mcp(key: string | undefined = this.masterKey, path: string = this.policy.mcp.endpoint): Promise<Client> {
    return await connectOverHttp(this.http, this.url(path), key);
  }
}
