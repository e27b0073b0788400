import { displayPath } from "../../core/display-path.ts";
import { DeploymentError, type InputFault } from "../../core/errors.ts";
import type { SourceLocation } from "../types.ts";

/** Collects what is wrong with a deployment, so that an operator sees all of it at once. */
export class FaultList {
  readonly #found: { file: string; fault: InputFault }[] = [];

  /**
   * @param at a place, or a file's absolute path when the whole file is the matter
   * @param what what was found, and what was expected; never a secret's value
   * @param mend how to mend it, as an imperative
   */
  add(at: SourceLocation | string, what: string, fix: string): void {
    const file = typeof at === "string" ? at : at.file;
    const fault: InputFault = { file: displayPath(file), what: oneLine(what), fix: oneLine(fix) };
    if (typeof at !== "string") fault.line = at.line;
    const known = this.#found.some(
      (other) => other.file === file && other.fault.line === fault.line && other.fault.what === fault.what,
    );
    if (!known) this.#found.push({ file, fault });
  }

  get empty(): boolean {
    return this.#found.length === 0;
  }

  /** Grouped by file in the order in which files were first found at fault, then by line. */
  get faults(): readonly InputFault[] {
    const files = [...new Set(this.#found.map(({ file }) => file))];
    return this.#found
      .toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.fault.line ?? 0) - (b.fault.line ?? 0))
      .map(({ fault }) => fault);
  }

  /** @throws DeploymentError with every fault, when there is one. */
  throwIfAny(): void {
    if (!this.empty) throw new DeploymentError(this.faults);
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, " ").trim();
}
