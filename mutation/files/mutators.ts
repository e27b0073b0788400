import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Change, Kind, Mutant } from "./mutant.ts";
import type { OperatorFiles } from "./operator-files.ts";

/** One way to break a deployment. A new one is a file below mutators/ with a mutator as its default export. */
export interface Mutator {
  kind: Kind;
  /** Every change that it can make to these files. */
  changes(files: OperatorFiles): Iterable<Change>;
}

/**
 * Every mutant of a deployment, in the order of the mutators' names. Where two mutators make the same edits, the first one
 * counts.
 */
export async function mutantsOf(files: OperatorFiles): Promise<Mutant[]> {
  const found = new Map<string, Mutant>();
  const written = new Set<string>();
  for (const { name, mutator } of await loadMutators()) {
    for (const change of mutator.changes(files)) {
      const text = JSON.stringify(change.edits);
      if (written.has(text)) continue;
      written.add(text);
      const plain = `${name} | ${change.subject} | ${change.how}`;
      let id = plain;
      for (let count = 2; found.has(id); count++) id = `${plain} (${count})`;
      found.set(id, { ...change, id, kind: mutator.kind, mutator: name });
    }
  }
  return [...found.values()];
}

/** Every module of mutators/; the module's name is the mutator's. */
export async function loadMutators(): Promise<{ name: string; mutator: Mutator }[]> {
  const folder = join(import.meta.dirname, "..", "mutators");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .toSorted((one, other) => (basename(one) < basename(other) ? -1 : 1));
  return await Promise.all(
    files.map(async (file) => {
      const { default: mutator } = (await import(join(folder, file))) as { default: Mutator };
      return { name: basename(file, ".ts"), mutator };
    }),
  );
}
