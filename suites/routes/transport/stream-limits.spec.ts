import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { Policy, SourceLocation } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { type AccessCase, casesFor, hostText } from "../../support/access-cases.ts";
import { liveMiddlewares, liveServices, withProvider } from "../../support/live-rules.ts";
import { durationSeconds } from "../support/idle-limits.ts";

/** How long MCP clients wait for an answer by default, in seconds (MCP SDK, `DEFAULT_REQUEST_TIMEOUT_MSEC`). */
const clientTimeout = 60;

check({
  id: "ROUTE-18/no-limit-on-streams",
  requirements: ["ROUTE-18"],
  title: "nothing in Traefik's configuration holds a stream back, or ends a call before its client would",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { text } = await edge.routers();
    const cases = streamedPaths(edge);
    if (cases.length === 0) evidence.notSupported("the policy lets no request to MCP or to a model through");
    await forEachCase(
      "a stream passes at its own pace",
      cases,
      ({ host, path, method }) => `${method} ${hostText(edge.policy, host)}${path}`,
      async ({ host, path, method }) => {
        const exchange = await edge.send({ host, path, method, bearer: edge.anyKey, headers: edge.session });
        const { router, server } = await edge.routing(exchange);
        // Whether it gets through is the subject of others.
        if (router === undefined || server === undefined) return;
        const found = limitsOf(edge, text, router);
        const [first] = found;
        if (first === undefined) return;
        throw new CheckFailure({ ...first, ...(found.length > 1 ? { cases: found } : {}) });
      },
    );
  },
});

/** The requests whose answers may be streams, one for each path that the policy lets through. */
function streamedPaths({ policy }: Edge): Pick<AccessCase, "host" | "path" | "method">[] {
  const paths = ({ mcp }: Policy): string[] => [mcp.endpoint, mcp.stream, "/v1/chat/completions", "/v1/responses"];
  return casesFor(policy, ["anyone", "bearer", "litellm", "login"], { methods: ["POST"], paths });
}

/** What holds back or ends the streams that a live router forwards. */
function limitsOf(edge: Edge, rawData: string, router: string): FailureDetails[] {
  const { routers = {} } = JSON.parse(rawData) as {
    routers?: Record<string, { middlewares?: string[]; service?: string; entryPoints?: string[] }>;
  };
  const live = Object.entries(routers).find(([name]) => name === router || name.replace(/@.*$/, "") === router);
  if (live === undefined) return [];
  const [name, { middlewares = [], service = "", entryPoints = [] }] = live;
  const resolved = middlewares.flatMap((one) => liveMiddlewares(rawData).resolve(one, name));
  const transport = liveServices(rawData).get(withProvider(service, name))?.transport;
  return [
    ...resolved.filter(({ kind }) => kind === "buffering").map((one) => bufferingFailure(edge, one.name)),
    ...timeoutFailures(edge, name, transport, entryPoints),
  ];
}

function bufferingFailure({ deployment }: Edge, middleware: string): FailureDetails {
  const location = deployment.traefikModel.middlewareOf(middleware)?.location;
  return {
    summary: `the buffering middleware ${middleware} holds every stream back until it is over`,
    code: "buffered-stream",
    case: middleware,
    expected: "no buffering middleware on the way of a stream",
    actual: `${middleware} reads the whole answer before it sends the first byte`,
    cause: "Traefik's buffering reads requests and answers as a whole, whichever limit is set",
    ...(location === undefined ? {} : { location }),
    fix: "use another middleware to limit requests, or a router of its own for what does not stream",
  };
}

function timeoutFailures(
  { deployment }: Edge,
  router: string,
  transport: string | undefined,
  entryPoints: readonly string[],
): FailureDetails[] {
  const { traefikModel } = deployment;
  const own = transport === undefined ? undefined : withProvider(transport, router).replace(/@.*$/, "");
  const options = [
    ...(own === undefined || own === "default"
      ? [...traefikModel.static.options].filter(({ path }) => isOption(path, ["serversTransport", ...headerTimeout]))
      : traefikModel.dynamicOptions.filter(({ path }) =>
          isOption(path, ["http", "serversTransports", own, ...headerTimeout]),
        )),
    ...traefikModel.static.options.filter(({ path }) =>
      entryPoints.some((one) =>
        isOption(path, ["entryPoints", one, "transport", "respondingTimeouts", "writeTimeout"]),
      ),
    ),
  ];
  return options.flatMap(({ path, value, location }) => timeoutFailure(path.at(-1) ?? "", value, location));
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
