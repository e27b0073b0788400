import type { Mutator } from "../../files/mutators.ts";

/** A label removed. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    for (const { service, key, text } of labels) {
      const removed = text.remove();
      if (removed !== undefined) yield { subject: `label ${key} of ${service}`, how: "dropped", ...removed };
    }
  },
} satisfies Mutator;
