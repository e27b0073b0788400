import type { Mutator } from "../../files/mutators.ts";
import { partsOf, rewritten, rulesOf, textOf } from "../../files/rules.ts";

/** `&&` → `||` and back. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const written of rulesOf(files)) {
      for (const part of partsOf(written.rule)) {
        if (part.kind !== "and" && part.kind !== "or") continue;
        const own = part.kind === "and" ? "&&" : "||";
        const start = written.text.indexOf(own, part.left.span.end);
        const other = part.kind === "and" ? "||" : "&&";
        const how = `${own} → ${other} before ${textOf(written, part.right)}`;
        yield rewritten(written, { start, end: start + own.length }, other, how);
      }
    }
  },
} satisfies Mutator;
