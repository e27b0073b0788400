import type { ActionLog, CommandRun } from "../../helpers/checks/action-log.ts";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { classify, isCheckFailure } from "../../helpers/checks/classify.ts";
import { type Starvation, starvationText, starvedFrom } from "../../helpers/core/starvation.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import type { CheckRecord, RepeatReason } from "../../helpers/run/run-record.ts";
import type { Check } from "./check.ts";

/**
 * What a check means that exceeded a time limit while the machine was starved. `repeat`: others run at the same time, so that it
 * is to be repeated alone, and its record has `repeats`; `environment`: it ran alone already, so that no verdict is possible;
 * `judge`: its failure counts.
 */
export type WhenStarved = "repeat" | "environment" | "judge";

/** How a wait that ended at its deadline reads, whoever had set it. */
const ended = /\bin time\b|time[- ]?(?:d )?out|aborted due to timeout|not within \d|no answer within|^late-/i;

/**
 * An option or a variable of the deployment, e.g. `responseHeaderTimeout` or `KEEPALIVE_TIMEOUT`: a failure that names one has read
 * it, and waited for nothing. Codes of undici's errors (`UND_ERR_HEADERS_TIMEOUT`) do not count.
 */
const optionName =
  /\b(?:[a-z]+(?:[A-Z][a-z]+)*Timeouts?|(?!UND_)[A-Z]+(?:_[A-Z]+)*_TIMEOUT|[a-z]+(?:_[a-z]+)*_timeout)\b/g;

/**
 * Whether a check's end can be explained by something that took too long: a wait of the check's own, a request without an
 * answer in time, a command that ran into its limit, or a failure that says so itself. A curl that ends in silence with 28
 * does not count: its limit is intended, because the stream that it opens never ends.
 *
 * @param name of the error that the check ended with
 */
function exceededTimeLimit(
  name: string,
  details: FailureDetails | undefined,
  exchanges: readonly Pick<Exchange, "error" | "response">[],
  commands: readonly Pick<CommandRun, "exitCode" | "stderr">[],
): boolean {
  if (name === "DeadlineError") return true;
  const texts = [details, ...(details?.cases ?? [])].flatMap((one) => {
    if (one === undefined) return [];
    const own = [one.summary, one.actual].map((text) => text.replaceAll(optionName, ""));
    return [one.code ?? "", ...own, one.evidence?.received ?? ""];
  });
  return (
    texts.some((text) => ended.test(text)) ||
    exchanges.some(({ error, response }) => ended.test(error ?? "") || ended.test(response?.defect ?? "")) ||
    // 124 is timeout(1)'s.
    commands.some(({ exitCode, stderr }) => exitCode === undefined || exitCode === 124 || ended.test(stderr))
  );
}

/**
 * From this time on, in milliseconds, an answer on a starved machine may be late for a limit of the gateway's own: LiteLLM 1.77.1
 * leaves a server out of a listing after 30 s, without an error, and lost the sessions of clients whose calls took 17 s (measured).
 */
const slowAnswer = 10_000;

/**
 * Why a failure may not be what it seems: on a starved machine a connection ended without an answer, or the gateway may have given up
 * on something itself; on any machine a request met a connection that LiteLLM closed at that moment (see {@link isOvertaken}), or a
 * rate limit that the checks exceeded together.
 * Undefined where nothing is so.
 *
 * @param shared how long the slowest work took that checks share, in milliseconds
 * @param own how starved the machine was while the check ran
 */
export function doubtOfFailure(
  thrown: unknown,
  { exchanges, actions }: { exchanges: readonly DoubtedExchange[]; actions: Pick<ActionLog, "commands"> },
  shared: number,
  own: Starvation | undefined,
): Exclude<RepeatReason, "alone" | "time-limit"> | undefined {
  const isKnown = thrown instanceof Error && brokenErrors.has(thrown);
  if (isKnown || isOvertaken(exchanges, actions.commands)) return "broken-connection";
  if (isLimited(exchanges, actions.commands)) return "rate-limit";
  if (own === undefined || own.share < doubtFrom) return undefined;
  if (exchanges.some(({ response, error }) => response === undefined && brokenConnection.test(error ?? ""))) {
    if (thrown instanceof Error) brokenErrors.add(thrown);
    return "broken-connection";
  }
  const took = exchanges.map(({ request, response }) =>
    // A stream that a client opens stays open.
    request.method === "GET" ? (response?.headAfter ?? 0) : (response?.endAfter ?? 0),
  );
  return Math.max(shared, ...took) >= slowAnswer ? "slow-answers" : undefined;
}

/** What is judged of an exchange. */
type DoubtedExchange = Pick<Exchange, "request" | "response" | "error">;

/**
 * Whether Traefik answered one request with 502 and served others: it sent that one on a connection that LiteLLM closed at the same
 * moment, and does not send a POST again. ROUTE-19 judges that; no other check can, because it happens now and then.
 */
function isOvertaken(
  exchanges: readonly DoubtedExchange[],
  commands: readonly Pick<CommandRun, "stdout" | "stderr">[],
): boolean {
  const statuses = exchanges.flatMap(({ response }) => response?.status ?? []);
  if (statuses.includes(502) && statuses.some((status) => status < 500)) return true;
  // Clients in containers do not say what was answered before.
  return commands.some(({ stdout, stderr }) => /\b502\b\W{0,4}Bad Gateway/.test(`${stdout}\n${stderr}`));
}

/** Whether a request was refused because there were too many: clients in containers do not wait as the suite's own requests do. */
function isLimited(
  exchanges: readonly DoubtedExchange[],
  commands: readonly Pick<CommandRun, "stdout" | "stderr">[],
): boolean {
  return (
    exchanges.some(({ response }) => response?.status === 429) ||
    commands.some(({ stdout, stderr }) => /\b429\b\W{0,4}Too Many Requests/.test(`${stdout}\n${stderr}`))
  );
}

/**
 * From this share of starvation on, such a failure is repeated. Less than for a time limit: the failure stands unless the check
 * passes alone, and LiteLLM lost calls after 15 s with a share below a half (1.106.2 with four loggers, measured).
 */
const doubtFrom = starvedFrom / 2;

/** How undici and the kernel say that a connection ended before an answer. A refused one counts: the part may be restarting. */
const brokenConnection = /other side closed|socket hang up|ECONNRESET|ECONNREFUSED|EPIPE|EHOSTUNREACH|fetch failed/;

/** Errors of shared work whose connection broke on a starved machine, as {@link starvedErrors}. */
const brokenErrors = new WeakSet<object>();

/**
 * Errors of work that exceeded a time limit on a starved machine. Checks share the failure of shared work: those after the
 * first wait for nothing, so that their own time and requests show neither the starvation nor the limit.
 */
const starvedErrors = new WeakMap<object, Starvation>();

/**
 * The end of a check that exceeded a time limit while the machine was starved: it says nothing of the gateway. Undefined for
 * every other check.
 *
 * @param own how starved the machine was while the check ran
 */
export function starvedEnding(
  thrown: unknown,
  check: Pick<Check, "id">,
  whenStarved: WhenStarved,
  { exchanges, actions }: { exchanges: readonly Exchange[]; actions: Pick<ActionLog, "commands"> },
  own: Starvation | undefined,
): Pick<CheckRecord, "outcome" | "reason" | "repeats" | "environment"> | undefined {
  if (whenStarved === "judge" || !(thrown instanceof Error)) return undefined;
  const shared = starvedErrors.get(thrown);
  const starvation = shared ?? own;
  if (starvation === undefined || starvation.share < starvedFrom) return undefined;
  const isJudged = ["failure", "timed-out"].includes(classify(thrown));
  const details = isCheckFailure(thrown) ? thrown.details : undefined;
  const isLate = shared !== undefined || exceededTimeLimit(thrown.name, details, exchanges, actions.commands);
  if (!isJudged || !isLate) return undefined;
  starvedErrors.set(thrown, starvation);
  const text = starvationText(starvation);
  if (whenStarved === "repeat")
    return {
      outcome: "not-tested",
      reason: `a time limit was exceeded on a starved machine (${text}); it is repeated alone`,
      repeats: "time-limit",
    };
  const message =
    `${check.id} cannot be judged: it exceeded a time limit twice, the second time alone, and the machine was busy both ` +
    `times (${text})`;
  return { outcome: "not-tested", reason: message, environment: { part: undefined, message, log: [] } };
}
