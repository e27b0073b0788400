import type { Change } from "../../files/mutant.ts";
import type { Mutator } from "../../files/mutators.ts";
import { optionOf } from "../../files/operator-files.ts";

/** Each two routers of an entry point with their priorities swapped, and each router above and below all others. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    const entryPoints = new Map<string, string>();
    for (const label of labels) {
      const found = optionOf(label, "routers");
      if (found?.option === "entrypoints") entryPoints.set(found.name, label.value.value);
    }
    const priorities = labels.flatMap((label) => {
      const found = optionOf(label, "routers");
      return found?.option === "priority" ? [{ router: found.name, value: label.value }] : [];
    });
    for (const [index, one] of priorities.entries()) {
      for (const extreme of ["9999", "-1"]) {
        if (one.value.value !== extreme)
          yield { subject: `router ${one.router}`, how: `priority ${extreme}`, ...one.value.become(extreme) };
      }
      for (const other of priorities.slice(index + 1)) {
        if (entryPoints.get(one.router) !== entryPoints.get(other.router)) continue;
        if (one.value.value === other.value.value) continue;
        const { shown, edits } = one.value.become(other.value.value);
        const swap: Change = {
          subject: `router ${one.router}`,
          how: `priority swapped with ${other.router}`,
          shown,
          edits: [...edits, ...other.value.become(one.value.value).edits],
        };
        yield swap;
      }
    }
  },
} satisfies Mutator;
