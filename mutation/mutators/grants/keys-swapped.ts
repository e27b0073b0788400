import type { Mutator } from "../../files/mutators.ts";
import { registeredIdentities } from "../../files/registered.ts";

/** Two keys in LiteLLM's database, each with the rights of the other. */
export default {
  kind: "grants",
  *changes(files) {
    const all = registeredIdentities(files);
    for (const [index, one] of all.entries()) {
      const other = all[index + 1];
      if (other === undefined) continue;
      const [first, second] = [
        one.with({ secret: other.identity.secret }),
        other.with({ secret: one.identity.secret }),
      ];
      yield {
        subject: `the key of ${one.identity.name}`,
        how: `has the rights of ${other.identity.name}, and the other way round`,
        shown: first.shown,
        edits: [...first.edits, ...second.edits],
      };
    }
  },
} satisfies Mutator;
