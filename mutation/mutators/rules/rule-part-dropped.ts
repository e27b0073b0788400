import type { Mutator } from "../../files/mutators.ts";
import { partsOf, rewritten, rulesOf, textOf } from "../../files/rules.ts";

/** One side of each `&&` and `||` removed: a rule that requires less, or opens less. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const written of rulesOf(files)) {
      for (const part of partsOf(written.rule)) {
        if (part.kind !== "and" && part.kind !== "or") continue;
        // A side of the same kind is taken apart at its own level.
        for (const [gone, left] of [
          [part.left, part.right],
          [part.right, part.left],
        ] as const) {
          if (gone.kind === part.kind) continue;
          yield rewritten(written, part.span, textOf(written, left), `without ${textOf(written, gone)}`);
        }
      }
    }
  },
} satisfies Mutator;
