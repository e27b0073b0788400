import type { Mutator } from "../../files/mutators.ts";

/** A label that is not there. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    for (const { service, key, entry } of labels) {
      const removed = entry.remove();
      if (removed !== undefined) yield { subject: `label ${key} of ${service}`, how: "dropped", ...removed };
    }
  },
} satisfies Mutator;
