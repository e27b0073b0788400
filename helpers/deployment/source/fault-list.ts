import { DeploymentError, type InputFault } from "../../core/errors.ts";
import { displayPath } from "../../core/text/display-path.ts";
import type { SourceLocation } from "./location.ts";

/** Collects the faults of input files, so that an operator sees all of them in one run. */
export class FaultList {
  readonly #found: { at: SourceLocation | string; what: string; fix: string; file: string; fault: InputFault }[] = [];

  /**
   * Adds a fault; the same fault at the same location counts once.
   *
   * @param at a location, or a file's absolute path for a fault of the whole file
   * @param what what was found and what was expected; never a secret's value
   * @param fix how to fix it, as an imperative
   */
  add(at: SourceLocation | string, what: string, fix: string): void {
    const file = typeof at === "string" ? at : at.file;
    const fault: InputFault = { file: displayPath(file), what: oneLine(what), fix: oneLine(fix) };
    if (typeof at !== "string") fault.line = at.line;
    const known = this.#found.some(
      (other) => other.file === file && other.fault.line === fault.line && other.fault.what === fault.what,
    );
    if (!known) this.#found.push({ at, what, fix, file, fault });
  }

  get empty(): boolean {
    return this.#found.length === 0;
  }

  /** Adds the faults of another list. */
  addAll(other: FaultList): void {
    for (const { at, what, fix } of other.#found) this.add(at, what, fix);
  }

  /** Grouped by file in the order in which the files were added, then by line. */
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
