import { type Exchange, receivedText, sentText } from "../protocol/exchange.ts";
import type { CommandRun } from "./action-log.ts";
import type { FailureEvidence } from "./check-failure.ts";

/**
 * A failure's evidence from the exchanges that show it.
 *
 * @param first the exchange that people should look at
 * @param others more of them, which a reproduction script repeats too
 */
export function exchangeEvidence(first: Exchange, ...others: readonly Exchange[]): FailureEvidence {
  return {
    sent: sentText(first),
    received: receivedText(first),
    exchanges: [first, ...others].map(({ id }) => id),
  };
}

/** A failure's evidence from a command, with what it printed as what came back. */
export function commandEvidence(
  run: Pick<CommandRun, "id" | "command" | "exitCode" | "stdout" | "stderr">,
): FailureEvidence {
  const printed = [run.stdout, run.stderr].map((text) => text.trim()).filter((text) => text !== "");
  return {
    sent: run.command.join(" "),
    received: [`exit code ${run.exitCode}`, ...printed].join("\n"),
    commands: [run.id],
  };
}
