import type { Mutator } from "../../files/mutators.ts";
import { optionOf } from "../../files/operator-files.ts";

/** A port on which nothing listens. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    for (const label of labels) {
      const found = optionOf(label, "services");
      if (found?.option === "loadbalancer.server.port") {
        const port = String(Number(label.text.value.text) + 1);
        yield { subject: `service ${found.name}`, how: `port ${port}`, ...label.text.value.replace(port) };
      }
    }
  },
} satisfies Mutator;
