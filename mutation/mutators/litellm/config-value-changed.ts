import type { Mutator } from "../../files/mutators.ts";

/** A model under another name, a key from another variable, another module of keys, a flag flipped. */
export default {
  kind: "LiteLLM config",
  *changes({ litellmConfig, deployment }) {
    for (const { path, value } of litellmConfig.entries) {
      if (value === undefined || path[0] === "mcp_servers") continue;
      const subject = path.join(".");
      const flipped = { true: "false", false: "true" }[value.text.toLowerCase()];
      if (flipped !== undefined) {
        const { shown, edits } = value.replace(flipped);
        // Quoted, it would be a text.
        yield { subject, how: flipped, shown, edits: edits.map((edit) => ({ ...edit, text: flipped })) };
      } else if (value.text.startsWith("os.environ/")) {
        for (const { name, kind } of deployment.policy.secrets) {
          const text = `os.environ/${name}`;
          if (kind === "api-key" && text !== value.text) yield { subject, how: text, ...value.replace(text) };
        }
      } else yield { subject, how: `${value.text}x`, ...value.replace(`${value.text}x`) };
    }
  },
} satisfies Mutator;
