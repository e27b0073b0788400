import { resolve } from "node:path";
import { DeploymentError, type InputFault } from "../../core/errors.ts";
import { displayPath } from "../../core/text/display-path.ts";
import type { PolicyDraft } from "./policy-input.ts";

/** The files that `init` took for others, by its own guess. */
interface Guesses extends Pick<PolicyDraft, "files"> {
  /** Absolute path of the deployment's folder. */
  folder: string;
}

/**
 * Names the guess in each fault of a file that `init` took for one that is not in the folder: the fault may be that of the guess,
 * and not of the deployment.
 *
 * @param error what reading the deployment threw
 * @returns the error to throw in its place
 */
export function withGuesses(error: unknown, { folder, files }: Guesses): unknown {
  if (!(error instanceof DeploymentError)) return error;
  const guesses = [...files].flatMap(([path, { value, questions = [] }]) =>
    questions.length === 0 ? [] : [{ path, value, here: displayPath(resolve(folder, value)) }],
  );
  return new DeploymentError(
    error.faults.map((fault) => {
      const guess = guesses.find(({ here }) => isWithin(fault, here));
      return guess === undefined ? fault : withGuess(fault, guess);
    }),
  );
}

function isWithin({ file }: InputFault, here: string): boolean {
  return file === here || here === "." || file.startsWith(`${here}/`);
}

function withGuess(fault: InputFault, { path, value }: { path: string; value: string }): InputFault {
  return {
    ...fault,
    what: `${fault.what}. Init took ${value} for ${path}, which is not in this folder`,
    fix: `${fault.fix}; if ${value} is not a copy of ${path}, put one into the folder, and name it under 'files:' in policy.yaml: '${path}: ./COPY'`,
  };
}
