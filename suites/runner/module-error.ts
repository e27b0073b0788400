import { basename } from "node:path";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { presentFile } from "../../helpers/deployment/litellm/config-file.ts";
import type { Deployment, SourceLocation } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";

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
  const { details: all } = failure;
  const ids = [all, ...(all.cases ?? [])].flatMap(({ evidence }) => evidence?.exchanges ?? []);
  const shown = exchanges.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const bodies = shown.flatMap(({ response }) => response?.body ?? []);
  if (gateway?.log === undefined || bodies.length === 0) return failure;
  const log = await gateway.log("litellm", { since }).catch(() => "");
  const error = moduleErrors(log, gateway.deployment).find(({ message }) =>
    bodies.some((body) => body.includes(JSON.stringify(message).slice(1, -1))),
  );
  if (error === undefined) return failure;
  const { fix: _, follows: __, ...details } = all;
  const cause = `${basename(error.location.file)} raises ${error.text}`;
  return new CheckFailure({ ...details, cause, location: error.location });
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
