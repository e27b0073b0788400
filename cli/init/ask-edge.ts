import { Agent, type Dispatcher, request } from "undici";
import { rawData } from "../../containers/parts/deployment/traefik.ts";
import type { PartHandle } from "../../containers/parts/part.ts";
import type { RigState } from "../../containers/rigs/rig.ts";
import { partOf } from "../../containers/targets/rig-access/parts-of-rig.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type {
  AskEdge,
  EdgeEntryPoint,
  EdgeView,
  Probe,
  ProbeAnswer,
} from "../../helpers/deployment/infer/edge/edge-view.ts";
import { liveView } from "../../helpers/deployment/infer/edge/live-view.ts";
import { probeCredential } from "../../helpers/deployment/infer/edge/match-rule.ts";
import { RateLimitPatience, rateLimitDelay } from "../../helpers/protocol/rate-limit.ts";

/** Requests to Traefik at one time. */
const concurrency = 16;

/** A Traefik that runs, and how it is asked. */
export interface LiveEdge extends AsyncDisposable {
  view: EdgeView;
  ask: AskEdge;
}

/** What the files say of a Traefik that runs. */
export interface LiveEdgeOptions {
  entryPoints: readonly EdgeEntryPoint[];
  /** Whether a router leads to LiteLLM; undefined for one that no file has. */
  isLiteLLM(router: string): boolean | undefined;
  /** The name in the answers of what stands for LiteLLM. */
  canary: string;
}

/**
 * Connects to the Traefik of an edge rig.
 */
export async function liveEdge(
  state: RigState,
  { entryPoints, isLiteLLM, canary }: LiveEdgeOptions,
): Promise<LiveEdge> {
  const traefik = partOf(state, "traefik");
  const { text } = await rawData(traefik);
  const clients = new Map<string, Agent>();
  return {
    view: liveView(text, entryPoints, isLiteLLM),
    ask: (probe) => send(probe, traefik, entryPoints, clientFor(clients, probe.host), canary),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

/** A client for each host, because TLS names it. The run's Traefik has a certificate that nobody has signed. */
function clientFor(clients: Map<string, Agent>, host: string): Agent {
  const known =
    clients.get(host) ??
    new Agent({ connections: concurrency, connect: { servername: host, rejectUnauthorized: false } });
  clients.set(host, known);
  return known;
}

async function send(
  { host, entryPoint, scheme, path, method, hasBearer }: Probe,
  traefik: PartHandle,
  entryPoints: readonly EdgeEntryPoint[],
  dispatcher: Agent,
  canary: string,
): Promise<ProbeAnswer> {
  const port = entryPoints.find(({ name }) => name === entryPoint)?.port;
  const published = port === undefined ? undefined : traefik.ports[port];
  if (published === undefined) return { isReached: false, status: 404 };
  const ask = async (): Promise<{ response: Dispatcher.ResponseData; body: string }> => {
    const received = await request(`${scheme}://${traefik.host}:${published}${path}`, {
      dispatcher,
      method,
      headers: { host, ...(hasBearer ? { authorization: probeCredential } : {}) },
      headersTimeout: deadlines.request,
      bodyTimeout: deadlines.request,
    });
    return { response: received, body: await received.body.text() };
  };
  const { response, body } = await answerTo(`${method} ${scheme}://${host}${path}`, () =>
    new RateLimitPatience().past(ask, (answer) =>
      rateLimitDelay({
        status: answer.response.statusCode,
        headers: Object.entries(answer.response.headers).map(([name, value]) => [name, headerOf(value) ?? ""]),
      }),
    ),
  );
  const isReached = body.includes(canary);
  const arrived = /^Authorization: (.*?)\r?$/m.exec(body)?.[1];
  const sent = hasBearer ? probeCredential : undefined;
  return {
    isReached,
    status: response.statusCode,
    location: headerOf(response.headers.location),
    challenge: headerOf(response.headers["www-authenticate"]),
    injected: isReached && arrived !== sent ? arrived : undefined,
  };
}

/** @throws {EnvironmentError} when no answer comes */
async function answerTo<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EnvironmentError(`no answer to ${what}: ${reason}`, { cause });
  }
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
