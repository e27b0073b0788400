import { basename } from "node:path";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { presentFile } from "../../../helpers/deployment/litellm/container-file.ts";
import type { Deployment, SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { explainEach } from "../failure-cases.ts";

/** What the functions here look at. */
export interface LoggingGateway {
  deployment: Pick<Deployment, "litellm">;
  /** A gateway that runs elsewhere shows none. */
  log?(part: string, window: { since: Date }): Promise<string>;
}

/** An error that a Python module of the operator raised by mistake. */
interface ModuleError {
  /** As Python writes it, e.g. `TypeError: argument of type 'NoneType' is not iterable`. */
  text: string;
  message: string;
  /** The innermost line of the operator's. */
  location: SourceLocation;
}

/**
 * A failure where LiteLLM answered with an error that a module of the operator raised by mistake, e.g. a TypeError in a hook: the
 * failure then names the line, which LiteLLM's log has.
 *
 * @param exchanges those of the check
 * @param since when the check began
 * @returns the same failure where nothing of the kind was seen
 */
export async function withModuleError(
  failure: CheckFailure,
  exchanges: readonly Exchange[],
  since: Date,
  gateway: LoggingGateway | undefined,
): Promise<CheckFailure> {
  if (gateway?.log === undefined || !exchanges.some(({ response }) => response !== undefined)) return failure;
  const log = await gateway.log("litellm", { since }).catch(() => "");
  const errors = moduleErrors(log, gateway.deployment);
  const details = await explainEach(failure.details, exchanges, (one, shown) => explain(one, shown, errors));
  return details === failure.details ? failure : new CheckFailure(details);
}

function explain(details: FailureDetails, shown: readonly Exchange[], errors: readonly ModuleError[]): FailureDetails {
  const bodies = shown.flatMap(({ response }) => response?.body ?? []);
  const error = errors.find(({ message }) =>
    bodies.some((body) => body.includes(JSON.stringify(message).slice(1, -1))),
  );
  if (error === undefined) return details;
  const { fix: _, follows: __, ...rest } = details;
  return { ...rest, cause: `${basename(error.location.file)} raises ${error.text}`, location: error.location };
}

/** What is raised by mistake; modules refuse callers with errors of their own. */
const mistakes =
  /^((?:Type|Attribute|Key|Name|Value|Index|UnboundLocal|Import|ModuleNotFound|Assertion|Recursion|ZeroDivision)Error): (.{4,})$/;

const frame = /^\s*File "(\/[^"]+\.py)", line (\d+), in /;

/** The errors in LiteLLM's log whose traceback ends in, or passes through, a file of the operator's. */
function moduleErrors(log: string, { litellm }: Pick<Deployment, "litellm">): ModuleError[] {
  const errors: ModuleError[] = [];
  let location: SourceLocation | undefined;
  for (const line of log.split("\n")) {
    const [, inContainer, number] = frame.exec(line) ?? [];
    if (inContainer !== undefined) {
      const file = presentFile(litellm, inContainer);
      if (file !== undefined) location = { file, line: Number(number) };
      continue;
    }
    // The code of a frame is indented; the error is not, and ends the traceback.
    if (/^\s/.test(line)) continue;
    const [, name, message] = mistakes.exec(line) ?? [];
    if (name !== undefined && message !== undefined && location !== undefined)
      errors.push({ text: `${name}: ${message}`, message, location });
    location = undefined;
  }
  return errors;
}
