import type { Mutator } from "../../files/mutators.ts";
import { optionOf } from "../../files/operator-files.ts";

/** A router on another entry point, or with another service. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    for (const wanted of ["entrypoints", "service"]) {
      const own = labels.filter((label) => optionOf(label, "routers")?.option === wanted);
      const values = new Set(own.map(({ text }) => text.value.text));
      for (const label of own) {
        const router = optionOf(label, "routers")?.name;
        for (const other of values)
          if (other !== label.text.value.text)
            yield { subject: `router ${router}`, how: `${wanted} ${other}`, ...label.text.value.replace(other) };
      }
    }
  },
} satisfies Mutator;
