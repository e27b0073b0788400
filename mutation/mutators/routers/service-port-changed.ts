import type { Mutator } from "../../files/mutators.ts";
import { optionOf } from "../../files/operator-files.ts";

/** A port on which nothing listens; another network; another scheme. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    for (const label of labels) {
      const found = optionOf(label, "services");
      if (found?.option === "loadbalancer.server.port") {
        const port = String(Number(label.value.value) + 1);
        yield { subject: `service ${found.name}`, how: `port ${port}`, ...label.value.become(port) };
      }
    }
  },
} satisfies Mutator;
