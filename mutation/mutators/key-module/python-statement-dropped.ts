import { codeOf } from "../../files/key-module.ts";
import type { Mutator } from "../../files/mutators.ts";

/** An exception not raised, a value not returned. */
export default {
  kind: "scoped-key module",
  *changes(files) {
    for (const code of codeOf(files)) {
      if (code.name === "RaiseStatement") yield code.replace("pass");
      // In a condition None is equivalent to False.
      if (code.name === "ReturnStatement" && !/^return( False| None)?$/.test(code.text))
        yield code.replace("return None");
    }
  },
} satisfies Mutator;
