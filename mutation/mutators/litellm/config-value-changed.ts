import type { Mutator } from "../../files/mutators.ts";

/** A model under another name, a key from another variable, another module of keys, a flag flipped. */
export default {
  kind: "LiteLLM config",
  *changes({ litellmConfig, deployment }) {
    for (const { path, value } of litellmConfig.entries) {
      if (value === undefined || path[0] === "mcp_servers") continue;
      const subject = path.join(".");
      const flipped = { true: "false", false: "true" }[value.value.toLowerCase()];
      if (flipped !== undefined) {
        const { shown, edits } = value.become(flipped);
        // Quoted, it would be a text.
        yield { subject, how: flipped, shown, edits: edits.map((edit) => ({ ...edit, text: flipped })) };
      } else if (value.value.startsWith("os.environ/")) {
        for (const { name, kind } of deployment.policy.secrets) {
          const text = `os.environ/${name}`;
          if (kind === "api-key" && text !== value.value) yield { subject, how: text, ...value.become(text) };
        }
      } else yield { subject, how: `${value.value}x`, ...value.become(`${value.value}x`) };
    }
  },
} satisfies Mutator;
