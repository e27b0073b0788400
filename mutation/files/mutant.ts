import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";

/** What a mutant breaks, in the words of the report. Which checks can see it stands in {@link ./sight.ts}. */
export const kinds = [
  "Traefik labels",
  "Traefik command",
  "LiteLLM config",
  "LiteLLM environment",
  "keys",
  "scoped-key module",
  "networks and ports",
  "firewall",
  "client configs",
  "versions",
] as const;

export type Kind = (typeof kinds)[number];

/** A change to a file's text. Offsets count UTF-16 units from the file's beginning; `end` is exclusive. */
export interface TextEdit {
  /** Relative to the deployment's folder. */
  file: string;
  start: number;
  end: number;
  text: string;
}

/** One fault: what is changed where, before it has an identity. */
export interface Change {
  /** What is changed, e.g. `router litellm-public`. */
  subject: string;
  /** How, in a few words that are unique for the mutator and the subject: they make the mutant's id. */
  how: string;
  /** Where the reader should look, and what stands there instead; need not be the text that is written. */
  shown: TextEdit;
  /** What is written. */
  edits: readonly TextEdit[];
}

/** One deployment that is broken in one way. */
export interface Mutant extends Change {
  /** `<mutator> | <subject> | <how>`: stable as long as the thing itself is. */
  id: string;
  kind: Kind;
  mutator: string;
}

/**
 * The edits as patches for a copy of the deployment.
 *
 * @throws {Error} for edits that overlap, or change nothing: such a mutant would prove nothing
 */
export function patchesOf(folder: string, { id, edits }: Pick<Mutant, "id" | "edits">): Patch[] {
  const byFile = Map.groupBy(edits, ({ file }) => file);
  return [...byFile].map(([file, own]) => {
    const before = readFileSync(join(folder, file), "utf8");
    let text = before;
    let last = Number.POSITIVE_INFINITY;
    for (const edit of own.toSorted((one, other) => other.start - one.start)) {
      if (edit.end > last) throw new Error(`${id}: edits of ${file} overlap`);
      text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
      last = edit.start;
    }
    if (text === before) throw new Error(`${id}: nothing of ${file} is changed`);
    return { file, write: text };
  });
}
