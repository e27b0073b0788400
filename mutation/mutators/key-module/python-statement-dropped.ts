import { codeOf } from "../../files/key-module.ts";
import type { Mutator } from "../../files/mutators.ts";

/** An exception that is not raised, a value that is not returned. */
export default {
  kind: "scoped-key module",
  *changes(files) {
    for (const code of codeOf(files)) {
      if (code.name === "RaiseStatement") yield code.replace("pass");
      // None is as good as False where a condition asks.
      if (code.name === "ReturnStatement" && !/^return( False| None)?$/.test(code.text))
        yield code.replace("return None");
    }
  },
} satisfies Mutator;
