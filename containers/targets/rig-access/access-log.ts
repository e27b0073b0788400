import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import type { Engine } from "../../engine/engine.ts";

/** How Traefik routed a request, by its own access log. */
export interface Routing {
  /** `litellm-public@docker`; undefined when no router matched. */
  router: string | undefined;
  /** Address of LiteLLM's server that got the request; undefined when Traefik answered it itself, or sent it to another service. */
  server: string | undefined;
  status: number;
}

/** Traefik's access log, followed from its beginning: one stream for all requests of a worker. */
export class AccessLog {
  readonly #byRequest = new Map<string, Routing>();

  private constructor() {}

  static readonly #followed = new Map<string, Promise<AccessLog>>();

  /** The access log of a Traefik container; every caller of a worker shares it. */
  static of(engine: Engine, container: string): Promise<AccessLog> {
    const known = AccessLog.#followed.get(container);
    if (known !== undefined) return known;
    const following = AccessLog.#follow(engine, container);
    AccessLog.#followed.set(container, following);
    return following;
  }

  /**
   * The routing of the request whose `User-Agent` carries the id.
   *
   * @throws {DeadlineError} when its line does not appear: Traefik logs a request once it has been answered
   */
  async routing(requestId: string): Promise<Routing> {
    return await until(`Traefik's access log shows request ${requestId}`, deadlines.logLine, async () =>
      this.#byRequest.get(requestId),
    );
  }

  /** The routing of a request that may not be logged: Traefik refuses what is not HTTP before it logs. */
  seen(requestId: string): Routing | undefined {
    return this.#byRequest.get(requestId);
  }

  static async #follow(engine: Engine, container: string): Promise<AccessLog> {
    const log = new AccessLog();
    const stream = await engine.docker.getContainer(container).logs({ follow: true, stdout: true, stderr: false });
    const lines = new PassThrough();
    engine.docker.modem.demuxStream(stream, lines, new PassThrough().resume());
    createInterface({ input: lines }).on("line", (line) => log.#read(line));
    return log;
  }

  #read(line: string): void {
    // Traefik's other messages share its output.
    const id = /gateway-conformance\/[^(]*\(([0-9a-f-]{36})\)/.exec(line)?.[1];
    if (id === undefined || !line.startsWith("{") || !line.includes('"DownstreamStatus"')) return;
    const { RouterName, ServiceAddr, DownstreamStatus } = JSON.parse(line) as {
      RouterName?: string;
      ServiceAddr?: string;
      DownstreamStatus?: number;
    };
    this.#byRequest.set(id, {
      router: RouterName || undefined,
      server: ServiceAddr || undefined,
      status: DownstreamStatus ?? 0,
    });
  }
}
