import { readFileSync } from "node:fs";
import { basename, posix } from "node:path";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { moduleLine, unnamedKey } from "../../../helpers/deployment/litellm/module-lines.ts";
import type { Deployment, SourceLocation } from "../../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import { isMessage } from "../../../helpers/protocol/json-rpc.ts";
import { explainEach } from "../failure-cases.ts";

/** What the functions here look at. */
export interface AskedGateway {
  deployment: Pick<Deployment, "litellmConfig" | "policy" | "variables">;
  /** A gateway that runs elsewhere runs no command. */
  run?(
    part: string,
    command: readonly string[],
    options?: { deadline?: number; environment?: Readonly<Record<string, string>> },
  ): Promise<{ exitCode: number; stdout: string }>;
}

/** How the module answers a request; see module-decision.py. */
export interface Decision {
  refused: boolean;
  /** The error's type. */
  error?: string;
  /** Empty for an error without a status of its own. */
  status?: string;
  message?: string;
  raisedAt?: number;
  /** Whether a `raise` statement raises it. */
  onPurpose?: boolean;
  /** What the line that raises an error by mistake uses: a value that the module computes when it is imported. */
  computed?: { line: number; name: string } | null;
  /** The line whose result leads to the error. */
  decidedAt?: number;
  /** The function that decides looks the request up in a list, and does not find it. */
  lacks?: boolean;
  /** The line that gives the key this list. */
  listLine?: number | null;
  /** The variable of another key for which the module takes this one, and the line that finds it. */
  mistakenFor?: { line: number; variable: string } | null;
  /** The last line that ran, where the function returns nothing instead of a UserAPIKeyAuth. */
  returnsNothing?: number | null;
  /** What the hooks before a call do, where they were asked: null where the operator's modules have none. */
  hook?: HookDecision | null;
}

/** What a hook before a call of a tool does with it. A call that it lets pass has `decidedAt` and `listLine` only. */
export interface HookDecision extends Omit<Decision, "hook"> {
  /** In LiteLLM's container. */
  file: string;
}

/** A request as the module gets it. */
export interface Asked {
  method: string;
  path: string;
  query: string;
  /** Without the key. */
  headers: Exchange["request"]["headers"];
  key: string;
  /** Name of a tool that the request calls; the hooks before a call are asked too. */
  tool?: string;
  /** The hooks, as `litellm_settings.callbacks` names them. */
  hooks?: readonly string[];
  /** The servers that the key may use, and those that it may not. */
  granted?: readonly string[];
  other?: readonly string[];
}

/** The Python program that asks the module; its arguments are in module-decision.py. */
export const moduleDecisionProgram = ["module-trace.py", "module-decision.py"]
  .map((file) => readFileSync(new URL(file, import.meta.url), "utf8"))
  .join("\n");

/**
 * How many requests each worker asks the module about: one takes some seconds of a processor, and where the module refuses everyone,
 * nearly every check fails, for the same reason.
 */
const mostAsked = 4;

/** What is known of each deployment's module, by request. */
const decisions = new WeakMap<AskedGateway["deployment"], Map<string, Promise<Decision | undefined>>>();

/**
 * A failure where the operator's `custom_auth` function refused a request that should have been served: the failure then names the
 * line that decides. The module itself is asked, in LiteLLM's container, with the request of the failure: MCP on LiteLLM 1.77.1
 * answers 500 without a reason (BerriAI/litellm#37080), and one `raise` may serve many conditions.
 *
 * @param exchanges those of the check
 * @returns the same failure where the module does not refuse the request
 */
export async function withModuleDecision(
  failure: CheckFailure,
  exchanges: readonly Exchange[],
  gateway: AskedGateway | undefined,
): Promise<CheckFailure> {
  if (gateway?.run === undefined || gateway.deployment.litellmConfig.customAuthFile === undefined) return failure;
  const known = decisions.get(gateway.deployment) ?? new Map<string, Promise<Decision | undefined>>();
  decisions.set(gateway.deployment, known);
  const decisionOn = (asked: Asked): Promise<Decision | undefined> => {
    const id = JSON.stringify([asked.method, asked.path, asked.key]);
    const decision = known.get(id) ?? (known.size < mostAsked ? askModule(gateway, asked) : undefined);
    if (decision !== undefined) known.set(id, decision);
    return decision ?? Promise.resolve(undefined);
  };
  const details = await explainEach(failure.details, exchanges, async (one, shown) => {
    const isRefusalWanted = refusalWanted.test(one.expected);
    if (isRefusalWanted && !/\b500\b/.test(one.actual) && !one.cause?.includes(notAnException)) return one;
    const refused = refusedIn(one, shown);
    const asked = refused && askedIn(refused, gateway.deployment);
    if (refused === undefined || asked === undefined) return one;
    const decision = await decisionOn(asked);
    // A module that refuses on purpose, where it should refuse, is not to blame for the status.
    if (decision === undefined || (isRefusalWanted && decision.onPurpose === true)) return one;
    if (decision.refused ? !isAnswer(refused, decision) : decision.returnsNothing == null) return one;
    const blame = blameOf(decision, asked, gateway.deployment);
    if (blame === undefined) return one;
    const { fix: _, follows: __, ...rest } = one;
    return { ...rest, ...blame };
  });
  return details === failure.details ? failure : new CheckFailure(details);
}

/** Python's message for a `raise` of something else. */
const notAnException = "exceptions must derive from BaseException";

/** A check that expects a refusal is not explained by one. */
const refusalWanted = /\b40[0-9]\b|refus|error/i;

/**
 * The request that the failure is about: of those that it shows, else the one whose answer it quotes. A request without a key is
 * often a control; it counts where there is no other.
 */
function refusedIn({ evidence, actual }: FailureDetails, shown: readonly Exchange[]): Exchange | undefined {
  const quotes = (body: string): boolean =>
    body !== "" && (actual.includes(body) || evidence?.received?.includes(body) === true);
  const meant =
    evidence?.exchanges === undefined ? shown.filter(({ response }) => quotes(response?.body ?? "")) : shown;
  const refused = meant.filter(isLiteLLMsError);
  const keyed = refused.filter(({ request }) => header(request.headers, "authorization") !== undefined);
  return keyed.at(-1) ?? (meant.length === 1 ? refused[0] : undefined);
}

/** LiteLLM's errors are JSON, and those of Traefik and of login services are text. */
function isLiteLLMsError({ response }: Exchange): boolean {
  return response !== undefined && response.status >= 400 && isMessage(jsonOf(response.body));
}

/** Whether LiteLLM answered what follows from the module's decision; it says why in some answers only. */
function isAnswer({ response }: Exchange, { status, message = "" }: Decision): boolean {
  if (response === undefined) return false;
  const written = JSON.stringify(message).slice(1, -1);
  return response.status >= 500 || String(response.status) === status || response.body.includes(written);
}

/** @returns undefined for a key that LiteLLM reads from another header, and for an address that is not a URL (`OPTIONS *`) */
function askedIn({ request }: Exchange, { policy, variables }: AskedGateway["deployment"]): Asked | undefined {
  const url = URL.parse(request.url);
  if (url === null) return undefined;
  const { hostname, pathname, search } = url;
  const written = header(request.headers, "authorization")?.trim();
  const injected = policy.injectedRoutes.find(({ path, hosts }) => path === pathname && hosts.includes(hostname));
  const sent =
    written === undefined && injected !== undefined
      ? `Bearer ${variables.get(injected.secret)?.value ?? ""}`
      : (written ?? "");
  const [, key] = /^(?:Bearer +(\S+))?$/i.exec(sent) ?? ["", undefined];
  if (sent !== "" && key === undefined) return undefined;
  if (request.headers.some(([name]) => /^(?:x-litellm-api-key|x-api-key|api-key)$/i.test(name))) return undefined;
  return {
    method: request.method,
    path: pathname,
    query: search.slice(1),
    headers: request.headers.filter(([name]) => name.toLowerCase() !== "authorization"),
    key: key ?? "",
  };
}

/** The module's own answer; undefined where it cannot be asked. */
export async function askModule(gateway: AskedGateway, { key, ...request }: Asked): Promise<Decision | undefined> {
  const { customAuth = "", files } = gateway.deployment.litellmConfig;
  const folder = posix.dirname(files[0]?.inContainer ?? "/");
  const command = ["python3", "-c", moduleDecisionProgram, folder, customAuth, JSON.stringify(request)];
  // The failure stands without it: LiteLLM may be down, or its image may have no Python on the path.
  const options = { deadline: deadlines.moduleDecision, environment: { CONFORMANCE_KEY: key } };
  const asked = await gateway.run?.("litellm", command, options).catch(() => undefined);
  if (asked?.exitCode !== 0) return undefined;
  const answer = jsonOf(asked.stdout.trim().split("\n").at(-1) ?? "");
  return isMessage(answer) ? (answer as unknown as Decision) : undefined;
}

/** Why the module refuses a request, and the line that decides. */
export function blameOf(
  {
    error,
    status,
    message = "",
    raisedAt,
    onPurpose,
    computed,
    decidedAt,
    lacks,
    listLine,
    mistakenFor,
    returnsNothing,
  }: Decision,
  { method, path, key }: Asked,
  deployment: AskedGateway["deployment"],
): (Pick<FailureDetails, "cause"> & { location: SourceLocation }) | undefined {
  const file = deployment.litellmConfig.customAuthFile;
  if (file === undefined) return undefined;
  const module = basename(file);
  if (returnsNothing != null)
    return {
      cause: `${module} returns nothing for ${method} ${path}, after line ${returnsNothing}: it has to return a UserAPIKeyAuth`,
      location: { file, line: returnsNothing },
    };
  if (raisedAt === undefined || decidedAt === undefined) return undefined;
  if (onPurpose !== true) {
    const from = computed ? `, with the value of ${computed.name}` : "";
    return {
      cause: `${module} raises ${error}: ${message} (line ${raisedAt}${from})`,
      location: { file, line: computed?.line ?? raisedAt },
    };
  }
  const variable = key === "" ? undefined : [...deployment.variables].find(([, { value }]) => value === key)?.[0];
  const unnamed = status === "401" && variable !== undefined ? unnamedKey(deployment, variable) : undefined;
  if (unnamed !== undefined) return unnamed;
  const sender =
    key === "" ? "without a key" : `with ${variable === undefined ? "this key" : `the key of ${variable}`}`;
  if (mistakenFor)
    return {
      cause: `${module} takes the request ${sender} for one with ${mistakenFor.variable}: '${message}'`,
      location: { file, line: mistakenFor.line },
    };
  const own = lacks === true && variable !== undefined ? lineOfList(deployment, variable, listLine) : undefined;
  if (own !== undefined)
    return { cause: `${module} grants the key of ${variable} no ${method} ${path}: '${message}'`, location: own };
  const raising = raisedAt === decidedAt ? "" : ` (line ${raisedAt} raises it)`;
  return {
    cause: `${module} refuses ${method} ${path} ${sender}, by line ${decidedAt}${raising}: '${message}'`,
    location: { file, line: decidedAt },
  };
}

function lineOfList(
  deployment: AskedGateway["deployment"],
  variable: string,
  line: number | null | undefined,
): SourceLocation | undefined {
  const { customAuthFile: file } = deployment.litellmConfig;
  return line == null || file === undefined ? moduleLine(deployment, variable) : { file, line };
}
