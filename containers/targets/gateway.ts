import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { ActionLog } from "../../helpers/checks/action-log.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { handshakeFailure } from "../../helpers/checks/handshake-failure.ts";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { withoutStack } from "../../helpers/core/text/stack.ts";
import { asTheRunCalls, codexCopy } from "../../helpers/deployment/clients/codex-copy.ts";
import { type HostPlace, placeAtHost } from "../../helpers/deployment/clients/host-place.ts";
import { liteLLMPortOf } from "../../helpers/deployment/services/litellm-port.ts";
import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import { hasTraefik, type PolicyClient, type UpstreamConfig } from "../../helpers/deployment/types.ts";
import { type Exchange, endedInHandshake } from "../../helpers/protocol/exchange.ts";
import { connectOver, connectToServer } from "../../helpers/protocol/mcp.ts";
import type { ExecuteOptions } from "../engine/command.ts";
import type { Engine } from "../engine/engine.ts";
import { type LogWindow, readLog } from "../parts/container-log.ts";
import { modelProvider } from "../parts/deployment/render-litellm.ts";
import { type LiveRouter, rawData } from "../parts/deployment/traefik.ts";
import { secondReplica } from "../rigs/gateway-networks.ts";
import type { RigState } from "../rigs/rig.ts";
import { HttpGateway, type HttpGatewayOptions } from "./http-gateway.ts";
import { AccessLog, type Routing } from "./rig-access/access-log.ts";
import { deploymentRouting } from "./rig-access/deployment-routing.ts";
import { partOf, secretOf } from "./rig-access/parts-of-rig.ts";
import { type RecordedCommand, recordedCommand } from "./rig-access/recorded-command.ts";
import { ScriptedModel } from "./rig-access/scripted-model.ts";
import { ContainerStdioTransport } from "./rig-access/stdio-transport.ts";

/** One thing that a page asked for. */
export interface PageAsset {
  method: string;
  url: string;
  /** `document`, `script`, `stylesheet`, `fetch` … */
  type: string;
  /** 0 when no response came. */
  status: number;
  failure?: string;
}

/** A login in a browser: a person fills in the form, follows a link of the page that appears, and waits for something there. */
export interface BrowserLogin {
  user: string;
  password: string;
  /** Selector of the link. */
  link: string;
  /** Selector of what must become visible. */
  after: string;
}

/** What a browser saw of a page. */
export interface PageVisit {
  /** Why it did not open; undefined when it did. */
  opened?: string;
  /** Where it ended after redirects. */
  url: string;
  title: string;
  /** What a person can read. */
  text: string;
  /** Whether the awaited thing became visible. */
  seen: boolean;
  /** Errors on the console. */
  messages: readonly string[];
  assets: readonly PageAsset[];
  /** PNG, in Base64; empty where the browser made none in time. */
  screenshot: string;
}

/** The whole gateway of a rig, as a check sees it. */
export class Gateway extends HttpGateway {
  readonly canaries: Canaries;
  /** The scripted model in the provider's place. */
  readonly model: ScriptedModel;
  readonly #state: RigState;
  readonly #engine: Engine;
  readonly #actions: ActionLog;

  constructor(
    options: HttpGatewayOptions & { state: RigState; engine: Engine; canaries: Canaries; actions: ActionLog },
  ) {
    super(options);
    this.#state = options.state;
    this.#engine = options.engine;
    this.#actions = options.actions;
    this.canaries = options.canaries;
    const model = partOf(this.#state, "scripted-model");
    this.model = new ScriptedModel(`http://${model.host}:${model.ports[modelProvider.port]}`, this.#actions.scripts);
  }

  secret(name: string): string {
    return secretOf(this.canaries, name);
  }

  protected override get ownOrigin(): string {
    return this.directUrl("");
  }

  override asCalled(client: PolicyClient, text: string): string {
    return asTheRunCalls(this.deployment, client, text);
  }

  override codexCopy(client: PolicyClient, text: string): string {
    return codexCopy(this.deployment, client, text);
  }

  override placeOf(client: PolicyClient, url: string): HostPlace | undefined {
    return placeAtHost(this.deployment, client, url);
  }

  /** LiteLLM's own port, past Traefik. */
  directUrl(path: string): string {
    const litellm = partOf(this.#state, "litellm");
    return `http://${litellm.host}:${litellm.ports[liteLLMPortOf(this.deployment.litellm)]}${path}`;
  }

  /**
   * The official MCP client, connected to an upstream directly. A stdio server is started by the command that LiteLLM's
   * config names, in a container of its own with LiteLLM's image, environment and networks; any other is asked at its own
   * port, with the headers that LiteLLM sends. The caller closes it.
   */
  async upstream(upstream: UpstreamConfig): Promise<Client> {
    const address = this.#state.upstreams?.[upstream.name];
    if (address !== undefined) {
      const part = partOf(this.#state, address.part);
      const url = `http://${part.host}:${part.ports[address.port]}${address.path}`;
      return await connectToServer(this.http, upstream.transport === "stdio" ? { url } : { ...upstream, url });
    }
    if (upstream.transport !== "stdio") throw new Error(`no part of the ${this.#state.rig} rig is ${upstream.name}`);
    const container = partOf(this.#state, "upstreams").containerId;
    const transport = new ContainerStdioTransport(
      this.#engine,
      container,
      [upstream.command, ...upstream.args],
      upstream.env,
    );
    try {
      return await connectOver(transport);
    } catch (cause) {
      await transport.close();
      const stderr = withoutStack(transport.stderr);
      throw new Error(`${upstream.command} was asked directly and did not answer${stderr ? `: ${stderr}` : ""}`, {
        cause,
      });
    }
  }

  /**
   * Runs a command on a machine of the rig, e.g. `lan-host`, with standard input closed. On a part with replicas it runs on
   * each: what both print is returned once, other output follows one another; the exit code is the first that is not 0.
   */
  async run(part: string, command: readonly string[], options?: ExecuteOptions): Promise<RecordedCommand> {
    const on = { engine: this.#engine, state: this.#state, actions: this.#actions };
    const first = await recordedCommand(on, part, command, options);
    if (!this.#hasReplica(part)) return first;
    const second = await recordedCommand(on, secondReplica, command, options);
    return {
      ...first,
      exitCode: first.exitCode === 0 ? second.exitCode : first.exitCode,
      stdout: bothOutputs(first.stdout, second.stdout),
      stderr: bothOutputs(first.stderr, second.stderr),
    };
  }

  /** The part on which an upstream runs: LiteLLM's for one that LiteLLM starts itself. */
  partOfUpstream(name: string): string {
    return this.#state.upstreams?.[name]?.part ?? "litellm";
  }

  #hasReplica(part: string): boolean {
    return part === "litellm" && this.#state.parts[secondReplica] !== undefined;
  }

  /**
   * Opens a page in a real browser on the LAN.
   *
   * @param selector what must become visible, e.g. `input[type=password]`
   * @param login what a person does then
   * @throws {Error} when the browser itself fails
   */
  async browse(url: string, selector: string, login?: BrowserLogin): Promise<PageVisit> {
    const wait = deadlines.page;
    const steps = login === undefined ? [] : [login.user, login.password, login.link, login.after];
    const command = ["node", "/app/browse.ts", url, selector, String(wait), ...steps];
    const deadline = (login === undefined ? 3 : 6) * wait;
    const { exitCode, stdout, stderr } = await this.run("browser", command, { deadline });
    if (exitCode !== 0) throw new Error(`the browser failed with exit code ${exitCode}: ${stderr.trim().slice(-600)}`);
    return JSON.parse(stdout) as PageVisit;
  }

  /** What a part has written to its log; of a part with replicas, one after the other. */
  async log(part: string, window?: LogWindow): Promise<string> {
    const own = await readLog(this.#engine, partOf(this.#state, part).containerId, window);
    if (!this.#hasReplica(part)) return own;
    return own + (await readLog(this.#engine, partOf(this.#state, secondReplica).containerId, window));
  }

  /** The log of a part, as soon as it shows the awaited line: a part may write it after it has answered. */
  async logOnce(part: string, shows: (log: string) => boolean, window?: LogWindow): Promise<string> {
    return await until(`the log of ${part} shows the awaited line`, deadlines.logLine, async () => {
      const log = await this.log(part, window);
      return shows(log) ? log : undefined;
    });
  }

  /**
   * How Traefik routed a request, by its access log. Without a Traefik, LiteLLM takes every request.
   *
   * @throws {CheckFailure} for a request that ended in the TLS handshake: nothing logs it
   */
  async routing(exchange: Exchange): Promise<Routing> {
    if (this.deployment.traefik === undefined)
      return { router: undefined, server: this.directUrl(""), status: exchange.response?.status ?? 0 };
    const log = await AccessLog.of(this.#engine, partOf(this.#state, "traefik").containerId);
    if (hasTraefik(this.deployment) && endedInHandshake(exchange))
      throw new CheckFailure(handshakeFailure(this.deployment, exchange));
    const routing = await log.routing(exchange.id);
    return hasTraefik(this.deployment) ? deploymentRouting(this.deployment, routing) : routing;
  }

  /** Traefik's live routers, and all that its API says. */
  async routers(): Promise<{ routers: LiveRouter[]; text: string }> {
    return await rawData(partOf(this.#state, "traefik"), this.deployment.traefikModel);
  }

  /** Version of a part. */
  version(part: string): string {
    return partOf(this.#state, part).record.version;
  }

  /**
   * The part that runs a service of compose.yaml or replaces it, and whether its image was built here; undefined for a
   * service that no run starts.
   */
  partOfService(service: string): { name: string; isBuilt: boolean } | undefined {
    const name = this.#state.services?.[service];
    return name === undefined ? undefined : { name, isBuilt: partOf(this.#state, name).record.origin === "built" };
  }

  /** Names of the parts. */
  get parts(): string[] {
    return Object.keys(this.#state.parts);
  }

  /** All that the engine knows of a part: labels, environment, command, mounts (`docker inspect`). */
  async inspect(part: string): Promise<{ labels: Record<string, string>; environment: string[]; command: string[] }> {
    const { Config: config } = await this.#engine.docker.getContainer(partOf(this.#state, part).containerId).inspect();
    return {
      labels: config.Labels,
      environment: config.Env,
      command: [...((config.Entrypoint as string[] | undefined) ?? []), ...(config.Cmd ?? [])],
    };
  }

  /** Writes files into a part, by their paths: one command for all of them. */
  async write(part: string, files: Readonly<Record<string, string>>): Promise<void> {
    const script =
      'while [ $# -gt 0 ]; do mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1" || exit 1; shift 2; done';
    const { exitCode, stderr } = await this.run(part, ["sh", "-c", script, "sh", ...Object.entries(files).flat()]);
    const paths = Object.keys(files).join(" and ");
    if (exitCode !== 0) throw new Error(`${paths} could not be written into ${part}: ${stderr.trim()}`);
  }
}

function bothOutputs(first: string, second: string): string {
  return first === second ? first : first + second;
}
