import type { Mutator } from "../../files/mutators.ts";

/** Each entry of LiteLLM's config with its own lines removed: a server, a model, an argument, a setting. */
export default {
  kind: "LiteLLM config",
  *changes({ litellmConfig }) {
    for (const entry of litellmConfig.entries) {
      const removed = entry.remove();
      if (removed !== undefined) yield { subject: entry.path.join("."), how: "dropped", ...removed };
    }
  },
} satisfies Mutator;
