import { envLinesOf } from "../../files/env-text.ts";
import type { Mutator } from "../../files/mutators.ts";

/** A variable of the env file unset or empty. */
export default {
  kind: "keys",
  *changes(files) {
    for (const line of envLinesOf(files)) {
      yield { subject: line.name, how: "not set", ...line.remove() };
      if (line.value !== "") yield { subject: line.name, how: "empty", ...line.replace("") };
    }
  },
} satisfies Mutator;
