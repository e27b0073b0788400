import { relative } from "node:path";
import type { Colours } from "../../helpers/core/terminal/colours.ts";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import { type CheckResult, messageOf } from "../model/check-result.ts";

/** How many frames of a fault of the suite itself are shown. */
const shownFrames = 6;

/** A frame of a stack, mapped to the source. */
interface Frame {
  method: string;
  file: string;
  line: number;
}

/**
 * A failed check as the terminal shows it: title and file, its id and requirements, the failure in full, and where to look
 * for more. A stack trace is shown only where the check itself broke: elsewhere it would only point into the suite.
 *
 * @param options `reports`: folder of the report, as the operator named it
 */
export function failedCheckText(
  check: CheckResult,
  { reports, colours: pc, stack = [] }: { reports: string; colours: Colours; stack?: readonly Frame[] },
): string {
  const requirements = loadRequirements();
  const proved = [...requirements.values()].filter(({ id }) => check.requirements.includes(id));
  const lines = [
    "",
    `${pc.red("✗")} ${pc.bold(check.title)}  ${pc.dim(check.file)}`,
    `  ${pc.yellow(check.id)}`,
    ...proved.map(({ id, level, statement }) => `  ${pc.yellow(id)} ${level}: ${statement}`),
    indent(messageOf(check) ?? ""),
    ...(check.environment === undefined ? [] : check.environment.log.map(indent)),
    ...(check.ownFault === undefined ? [] : [indent(pc.dim(ownFaultText(check.ownFault, stack)))]),
    ...check.evidence.map((path) => `  ${pc.dim("evidence:")} ${reports}/${path}`),
    ...(check.failureFolder === undefined
      ? []
      : [`  ${pc.dim("captured:")} ${reports}/${check.failureFolder}/; its repro.sh shows the failure again`]),
    "",
  ];
  return lines.join("\n");
}

function ownFaultText({ name }: { name: string }, stack: readonly Frame[]): string {
  const frames = stack
    .slice(0, shownFrames)
    .map(({ file, line, method }) => `at ${method} ${relative(process.cwd(), file)}:${line}`);
  return [`${name}: a fault of the suite itself`, ...frames].join("\n");
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
