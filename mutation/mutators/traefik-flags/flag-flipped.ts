import type { Mutator } from "../../files/mutators.ts";

/** `true` → `false` and back. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    for (const { service, key, text } of labels) {
      const flipped = { true: "false", false: "true" }[text.value.text.toLowerCase()];
      if (flipped !== undefined)
        yield { subject: `label ${key} of ${service}`, how: flipped, ...text.value.replace(flipped) };
    }
  },
} satisfies Mutator;
