import { deadlines, until } from "../helpers/deadlines.ts";
import type { Engine } from "./engine.ts";
import { readLog } from "./part.ts";

/** Which way a request took through Traefik, by its own access log. */
export interface Routing {
  /** `litellm-public@docker`; undefined when no router matched. */
  router: string | undefined;
  /** URL of the server that the request was handed to; undefined when it was answered by Traefik itself. */
  server: string | undefined;
  status: number;
}

interface AccessLogLine {
  RouterName?: string;
  ServiceURL?: string | { Scheme?: string; Host?: string };
  DownstreamStatus?: number;
  "request_User-Agent"?: string;
}

/**
 * Finds a request in Traefik's access log by the id in its `User-Agent`.
 *
 * @throws {DeadlineError} when the line does not come: Traefik logs a request once it has been answered
 */
export async function routingOf(engine: Engine, traefikId: string, requestId: string): Promise<Routing> {
  return await until(`the access log shows request ${requestId}`, deadlines.logLine, async () => {
    const log = await readLog(engine, traefikId);
    const line = log.split("\n").find((text) => text.includes(requestId));
    return line === undefined ? undefined : routing(JSON.parse(line) as AccessLogLine);
  });
}

function routing(line: AccessLogLine): Routing {
  const url = line.ServiceURL;
  const server = typeof url === "object" ? url.Host : url;
  return { router: line.RouterName || undefined, server: server || undefined, status: line.DownstreamStatus ?? 0 };
}
