import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import type { TextChange } from "../../helpers/deployment/source/text-edit.ts";

/** What a mutant breaks, as the report calls it. The checks that can detect each kind: campaign/check-selection.ts. */
export const kinds = [
  "Traefik labels",
  "Traefik command",
  "LiteLLM config",
  "LiteLLM environment",
  "keys",
  "grants",
  "scoped-key module",
  "networks and ports",
  "firewall",
  "client configs",
  "versions",
] as const;

export type Kind = (typeof kinds)[number];

/** A fault that a mutator makes, before it has an identity. */
export interface Change extends TextChange {
  /** What is changed, e.g. `router litellm-public`. */
  subject: string;
  /** How, in a few words that are unique for the mutator and the subject: they are part of the mutant's id. */
  how: string;
}

/** A deployment with one fault. */
export interface Mutant extends Change {
  /** `<mutator> | <subject> | <how>`: stable as long as the changed value is. */
  id: string;
  kind: Kind;
  mutator: string;
}

/**
 * The edits as patches for a copy of the deployment.
 *
 * @throws {Error} for edits that overlap or change nothing: such a mutant would prove nothing
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
