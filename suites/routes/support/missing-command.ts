import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { atLeast } from "../../../helpers/deployment/litellm/version.ts";

/** How a command ended. */
export interface CommandEnd {
  exitCode: number;
  stderr: string;
}

/** Exit codes of a shell and the engine for a missing command (POSIX, 2.8.2). */
const missing: ReadonlySet<number> = new Set([126, 127]);

/** How shells and the engine report a missing command; one behind `|| exit 1` shows in no exit code. */
const reported = /(?:^|[\s:"'])([\w.-]+)["']?: (?:command )?not found|exec: "([\w./-]+)": executable file not found/m;

/** Programs that LiteLLM's own image lacks, from which version on, and the report. */
const notInLiteLLM: Readonly<Record<string, { from: string; report: string }>> = {
  curl: { from: "1.63.11", report: "BerriAI/litellm#9295" },
  wget: { from: "1.80.5", report: "BerriAI/litellm#17645" },
};

/** The program that a command needed and that its image lacks; an empty text where it is not named, undefined for none. */
export function missingProgram({ exitCode, stderr }: CommandEnd): string | undefined {
  const [, byShell, byEngine] = reported.exec(stderr) ?? [];
  return byShell ?? byEngine ?? (missing.has(exitCode) ? "" : undefined);
}

/**
 * Why a program is missing in LiteLLM's own image too, however the image of the run was made; undefined where that is not known.
 *
 * @param version of LiteLLM
 */
export function whyNotInLiteLLM(program: string, version: string): Pick<FailureDetails, "cause" | "fix"> | undefined {
  const known = notInLiteLLM[program];
  if (known === undefined || !atLeast(version, known.from)) return undefined;
  return {
    cause: `LiteLLM's image has no ${program} (${known.report}): the container is never healthy: Traefik leaves it out, and services that wait for it never start`,
    fix:
      "use what the image has: test: [CMD, python, -c, " +
      "\"import urllib.request; urllib.request.urlopen('http://localhost:4000/health/liveliness')\"]",
  };
}
