import type { Mutator } from "../../files/mutators.ts";

/** `true` → `false` and back. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    for (const { service, key, value } of labels) {
      const flipped = { true: "false", false: "true" }[value.value.toLowerCase()];
      if (flipped !== undefined)
        yield { subject: `label ${key} of ${service}`, how: flipped, ...value.become(flipped) };
    }
  },
} satisfies Mutator;
