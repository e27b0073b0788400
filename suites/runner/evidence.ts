import { NotSupported } from "../../helpers/checks/classify.ts";
import type { ComparedCase, ComparisonList, ComparisonSubject } from "../../helpers/checks/comparison.ts";
import type { Phase } from "../../helpers/core/terminal/progress.ts";
import { redact } from "../../helpers/core/text/redaction.ts";

/** What a check leaves behind for the report. */
export interface Evidence {
  /**
   * Writes a file into the check's own folder of evidence, secrets replaced by their names, and attaches it to the check.
   *
   * @returns its path, relative to the run's directory
   */
  keep(name: string, content: string): Promise<string>;
  /** The same for a picture; PNG. A picture cannot be searched for secrets: keep none that could show one. */
  keepPicture(name: string, png: Buffer): Promise<string>;
  /** The same for an agent's transcript, in the run's folder of transcripts. */
  keepTranscript(name: string, content: string): Promise<string>;
  /** A file that was kept, as it was written. */
  read(path: string): Promise<string>;
  /** A sentence for the reader of the report. */
  finding(text: string): void;
  /** A case at its place in one of the report's matrices. Texts come with their secrets. */
  compare(subject: ComparisonSubject, compared: ComparedCase): void;
  /** The running version or the deployment lacks the feature, found by detection: ends the check, which then proves nothing. */
  notSupported(reason: string): never;
  /** Measures a phase for the report, e.g. `restart LiteLLM`. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Where a check's evidence goes. Texts come with their secrets; whoever stores them replaces those. */
export interface EvidenceStore {
  /** @returns the path, relative to the run's directory */
  keep(path: string, content: string): Promise<string>;
  keepPicture(path: string, png: Buffer): Promise<string>;
  read(path: string): Promise<string>;
  addPhase(phase: Phase): Promise<void>;
}

/**
 * The evidence of one check.
 *
 * @param folder of the check's files, below `evidence/`
 * @param left takes what the check finds and compares, without secrets
 */
export function evidenceIn(
  store: EvidenceStore,
  folder: string,
  { findings, compared }: { findings: string[]; compared: ComparisonList },
  secrets: ReadonlyMap<string, string>,
): Evidence {
  return {
    keep: (name, content) => store.keep(`evidence/${folder}/${name}`, content),
    keepPicture: (name, png) => store.keepPicture(`evidence/${folder}/${name}`, png),
    keepTranscript: (name, content) => store.keep(`transcripts/${name}`, content),
    read: (path) => store.read(path),
    finding: (text) => void findings.push(redact(text, secrets)),
    compare(subject, { row, column, expected, found, holds }) {
      const hide = (text: string): string => redact(text, secrets);
      compared.add(subject, {
        row: hide(row),
        column: hide(column),
        expected: hide(expected),
        found: hide(found),
        holds,
      });
    },
    notSupported(reason) {
      throw new NotSupported(reason);
    },
    async phase(name, work) {
      const startedAt = new Date().toISOString();
      const began = performance.now();
      let ok = false;
      try {
        const result = await work();
        ok = true;
        return result;
      } finally {
        await store.addPhase({ name, startedAt, milliseconds: performance.now() - began, ok });
      }
    },
  };
}
