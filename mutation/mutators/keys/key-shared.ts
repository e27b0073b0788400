import { envLinesOf } from "../../files/env-text.ts";
import type { Mutator } from "../../files/mutators.ts";

/** Two keys with one value: the scoped key is the master key, the provider's key opens the gateway. */
export default {
  kind: "keys",
  *changes(files) {
    const keys = new Set(
      files.deployment.policy.secrets.filter(({ kind }) => kind === "api-key").map(({ name }) => name),
    );
    const lines = envLinesOf(files).filter(({ name }) => keys.has(name));
    for (const [index, one] of lines.entries())
      for (const other of lines.slice(index + 1))
        yield { subject: other.name, how: `the same as ${one.name}`, ...other.replace(one.value) };
  },
} satisfies Mutator;
