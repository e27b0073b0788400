import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { causeOfBuffering } from "../../support/held-stream.ts";
import { liveMiddlewares, liveServices, withProvider } from "../../support/live-rules.ts";
import { durationSeconds } from "./idle-limits.ts";

/** How long MCP clients wait for an answer by default, in seconds (MCP SDK, `DEFAULT_REQUEST_TIMEOUT_MSEC`). */
const clientTimeout = 60;

/**
 * What holds back or ends the streams that a live router forwards, each with its line.
 *
 * @param rawData Traefik's `/api/rawdata`
 * @param router its live name, with or without its provider
 */
export function streamLimits(model: TraefikModel, rawData: string, router: string): FailureDetails[] {
  const { routers = {} } = JSON.parse(rawData) as {
    routers?: Record<string, { middlewares?: string[]; service?: string; entryPoints?: string[] }>;
  };
  const live = Object.entries(routers).find(([name]) => name === router || name.replace(/@.*$/, "") === router);
  if (live === undefined) return [];
  const [name, { middlewares = [], service = "", entryPoints = [] }] = live;
  const resolved = middlewares.flatMap((one) => liveMiddlewares(rawData).resolve(one, name));
  const transport = liveServices(rawData).get(withProvider(service, name))?.transport;
  return [
    ...resolved.filter(({ kind }) => kind === "buffering").map((one) => bufferingFailure(model, one.name)),
    ...timeoutFailures(model, name, transport, entryPoints),
  ];
}

function bufferingFailure(model: TraefikModel, middleware: string): FailureDetails {
  return {
    summary: `the buffering middleware ${middleware} holds every stream back until it is over`,
    code: "buffered-stream",
    case: middleware,
    expected: "no buffering middleware on the way of a stream",
    actual: `${middleware} reads the whole answer before it sends the first byte`,
    ...causeOfBuffering(model.middlewareOf(middleware)),
  };
}

function timeoutFailures(
  model: TraefikModel,
  router: string,
  transport: string | undefined,
  entryPoints: readonly string[],
): FailureDetails[] {
  const own = transport === undefined ? undefined : withProvider(transport, router).replace(/@.*$/, "");
  const options = [
    ...(own === undefined || own === "default"
      ? [...model.static.options].filter(({ path }) => isOption(path, ["serversTransport", ...headerTimeout]))
      : model.dynamicOptions.filter(({ path }) =>
          isOption(path, ["http", "serversTransports", own, ...headerTimeout]),
        )),
    ...model.static.options.filter(({ path }) =>
      entryPoints.some((one) =>
        isOption(path, ["entryPoints", one, "transport", "respondingTimeouts", "writeTimeout"]),
      ),
    ),
  ];
  return options.flatMap(({ key, value, location }) => timeoutFailure(key.split(".").at(-1) ?? key, value, location));
}

const headerTimeout = ["forwardingTimeouts", "responseHeaderTimeout"];

function timeoutFailure(name: string, value: string, location: SourceLocation): FailureDetails[] {
  const seconds = durationSeconds(value);
  const endsStreams = /^writeTimeout$/i.test(name);
  // 0 means no limit.
  if (seconds === 0 || (!endsStreams && seconds >= clientTimeout)) return [];
  return [
    {
      summary: endsStreams
        ? `${name} ${value} ends every stream after ${seconds} s`
        : `${name} ${value} cuts every call that takes longer before its first byte`,
      code: "stream-limit",
      case: name,
      expected: endsStreams
        ? "no limit on how long an answer may be sent"
        : `at least ${clientTimeout} s, for which MCP clients wait`,
      actual: `${seconds} s`,
      cause: endsStreams
        ? "an event stream is one answer that stays open"
        : "LiteLLM answers an MCP call when the tool has finished, and a model when it has begun to speak",
      location,
      fix: endsStreams ? `remove ${name}, or set it to 0` : `raise ${name}, or remove it`,
    },
  ];
}

function isOption(path: readonly string[], wanted: readonly string[]): boolean {
  return (
    path.length === wanted.length && path.every((part, index) => part.toLowerCase() === wanted[index]?.toLowerCase())
  );
}
