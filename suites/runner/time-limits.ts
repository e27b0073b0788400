import type { CommandRun } from "../../helpers/checks/action-log.ts";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";

/** How a wait that ended at its deadline reads, whoever had set it. */
const ended = /\bin time\b|time[- ]?(?:d )?out|aborted due to timeout|not within \d|no answer within|^late-/i;

/**
 * Whether a check's end can be explained by something that took too long: a wait of the check's own, a request without an
 * answer in time, a command that ran into its limit, or a failure that says so itself.
 *
 * @param name of the error that the check ended with
 */
export function exceededTimeLimit(
  name: string,
  details: FailureDetails | undefined,
  exchanges: readonly Pick<Exchange, "error" | "response">[],
  commands: readonly Pick<CommandRun, "exitCode" | "stderr">[],
): boolean {
  if (name === "DeadlineError") return true;
  const texts = [details, ...(details?.cases ?? [])].flatMap((one) =>
    one === undefined ? [] : [one.code ?? "", one.summary, one.actual, one.evidence?.received ?? ""],
  );
  return (
    texts.some((text) => ended.test(text)) ||
    exchanges.some(({ error, response }) => ended.test(error ?? "") || ended.test(response?.defect ?? "")) ||
    // 124 is timeout(1)'s, 28 curl's.
    commands.some(
      ({ exitCode, stderr }) => exitCode === undefined || [28, 124].includes(exitCode) || ended.test(stderr),
    )
  );
}
