import type { ActionLog } from "../../helpers/checks/action-log.ts";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { runUpstreams } from "../../helpers/deployment/services/run-upstreams.ts";
import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import type { Deployment, Policy, PolicyAuthorization, PolicyPerson } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { HeadlessBrowser } from "../../helpers/protocol/oauth/headless-browser.ts";
import { SdkLogin } from "../../helpers/protocol/oauth/sdk-login.ts";
import type { HttpRequest, RecordingClient } from "../../helpers/protocol/recording-client.ts";
import type { Engine } from "../engine/engine.ts";
import { readLog } from "../parts/container-log.ts";
import { providerPort } from "../parts/deployment/login-services.ts";
import { standInPart } from "../parts/deployment/stand-in-upstreams.ts";
import { partOfService } from "../parts/deployment/upstream-services.ts";
import type { RigState } from "../rigs/rig.ts";
import type { PageVisit } from "./gateway.ts";
import type { Once } from "./providers/once.ts";
import { AccessLog, type Routing } from "./rig-access/access-log.ts";
import { adoptPublishedPorts, partOf, secretOf } from "./rig-access/parts-of-rig.ts";
import { recordedCommand } from "./rig-access/recorded-command.ts";

/** A port of this machine on which nothing listens: a browser never gets there. */
const clientPort = 34567;

/** What connecting to the login rig takes. */
export interface LoginOptions {
  state: RigState;
  engine: Engine;
  deployment: Deployment;
  authorization: PolicyAuthorization;
  canaries: Canaries;
  http: RecordingClient;
  once: Once;
  actions: ActionLog;
}

/** The gateway behind its real login, as a check sees it. */
export class Login {
  readonly deployment: Deployment;
  readonly policy: Policy;
  readonly authorization: PolicyAuthorization;
  readonly http: RecordingClient;
  /** What the checks of this deployment share. */
  readonly once: Once;
  readonly #options: LoginOptions;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.deployment = options.deployment;
    this.policy = options.deployment.policy;
    this.authorization = options.authorization;
    this.http = options.http;
    this.once = options.once;
  }

  /** Sends one request through Traefik, or to where the URL says. */
  async send(request: HttpRequest): Promise<Exchange> {
    return await this.http.send(request);
  }

  /** A browser without a screen and without cookies. */
  browser(): HeadlessBrowser {
    return new HeadlessBrowser((request) => this.http.send(request));
  }

  /** The policy's user, or its administrator, with the password of this run. */
  person({ name, password }: PolicyPerson): { name: string; password: string } {
    return { name, password: secretOf(this.#options.canaries, password) };
  }

  /** The value of a secret in this run. */
  secret(name: string): string {
    return secretOf(this.#options.canaries, name);
  }

  /** Where a client of this machine would wait for its code: the registered redirect URI, with a port. */
  get redirect(): string {
    const url = new URL(this.authorization.client.redirect);
    if (url.port === "") url.port = String(clientPort);
    return url.href;
  }

  /**
   * The TypeScript SDK's OAuth client of the policy's user.
   *
   * @param clientId undefined: it registers itself
   */
  client(clientId: string | undefined, url: string = this.authorization.resource): SdkLogin {
    const { http, redirect } = this;
    return new SdkLogin({ http, url, clientId, redirect, user: this.person(this.authorization.user) });
  }

  /** An address of the provider past Traefik. */
  providerUrl(path: string): string {
    const service = this.deployment.compose.services.get(this.authorization.provider);
    if (service === undefined) throw new Error(`the deployment has no service ${this.authorization.provider}`);
    const { host, ports } = partOf(this.#options.state, partOfService(service.key));
    return `http://${host}:${ports[providerPort(service)]}${path}`;
  }

  /** The realm's path, e.g. `/realms/gateway`. */
  get realm(): string {
    return new URL(this.authorization.issuer).pathname.replace(/\/$/, "");
  }

  /** Names of the upstreams that have a stand-in, which logs the headers in which it gets a JSON Web Token. */
  get recordingUpstreams(): readonly string[] {
    const { parts } = this.#options.state;
    return runUpstreams(this.deployment).flatMap(({ name }) => (standInPart(name) in parts ? name : []));
  }

  /** What the stand-in of an upstream has written to its log. */
  async standInLog(upstream: string): Promise<string> {
    return await this.log(standInPart(upstream));
  }

  /** What a part has written to its log. */
  async log(part: string): Promise<string> {
    return await readLog(this.#options.engine, partOf(this.#options.state, part).containerId);
  }

  /** How Traefik routed a request, by its access log. */
  async routing(exchange: Exchange): Promise<Routing> {
    const log = await AccessLog.of(this.#options.engine, partOf(this.#options.state, "traefik").containerId);
    return await log.routing(exchange.id);
  }

  /**
   * Does something while a compose service of the rig is stopped. Ends when the service answers again; the engine may publish
   * its ports elsewhere then.
   *
   * @param answers a URL of the service, or of Traefik in front of it, and the statuses that say that it is up
   * @throws {DeadlineError} when it does not come back
   */
  async without(
    service: string,
    answers: () => { url: string; below: number },
    act: () => Promise<void>,
  ): Promise<void> {
    const { engine, state } = this.#options;
    const part = partOf(state, partOfService(service));
    const container = engine.docker.getContainer(part.containerId);
    await container.stop({ t: 1 });
    try {
      await act();
    } finally {
      await container.start();
      await adoptPublishedPorts(engine, part);
      await until(`${service} is up again`, deadlines.gatewayStart, async () => {
        const { url, below } = answers();
        const { response } = await this.http.send({ method: "GET", url });
        return response !== undefined && response.status < below ? true : undefined;
      });
    }
  }

  /**
   * Opens a page in a real browser, and logs the policy's user in where it leads to the provider's form.
   *
   * @param selector what must become visible after the login
   * @throws {Error} when the browser itself fails
   */
  async browse(url: string, selector: string): Promise<PageVisit> {
    const { engine, state, actions } = this.#options;
    const wait = deadlines.page;
    const { name, password } = this.person(this.authorization.user);
    const command = ["node", "/app/browse.ts", url, selector, String(wait)];
    const { exitCode, stdout, stderr } = await recordedCommand({ engine, state, actions }, "browser", command, {
      deadline: 4 * wait,
      environment: { LOGIN_USER: name, LOGIN_PASSWORD: password },
    });
    if (exitCode !== 0) throw new Error(`the browser failed with exit code ${exitCode}: ${stderr.trim().slice(-600)}`);
    return JSON.parse(stdout) as PageVisit;
  }
}
