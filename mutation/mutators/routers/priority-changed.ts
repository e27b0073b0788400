import type { Change } from "../../files/mutant.ts";
import type { Mutator } from "../../files/mutators.ts";
import { optionOf } from "../../files/operator-files.ts";

/** The priorities of two routers of an entry point swapped, and each router above and below all others. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    const entryPoints = new Map<string, string>();
    for (const label of labels) {
      const found = optionOf(label, "routers");
      if (found?.option === "entrypoints") entryPoints.set(found.name, label.text.value.text);
    }
    const priorities = labels.flatMap((label) => {
      const found = optionOf(label, "routers");
      return found?.option === "priority" ? [{ router: found.name, value: label.text.value }] : [];
    });
    for (const [index, one] of priorities.entries()) {
      for (const extreme of ["9999", "-1"]) {
        if (one.value.text !== extreme)
          yield { subject: `router ${one.router}`, how: `priority ${extreme}`, ...one.value.replace(extreme) };
      }
      for (const other of priorities.slice(index + 1)) {
        if (entryPoints.get(one.router) !== entryPoints.get(other.router)) continue;
        if (one.value.text === other.value.text) continue;
        const { shown, edits } = one.value.replace(other.value.text);
        const swap: Change = {
          subject: `router ${one.router}`,
          how: `priority swapped with ${other.router}`,
          shown,
          edits: [...edits, ...other.value.replace(one.value.text).edits],
        };
        yield swap;
      }
    }
  },
} satisfies Mutator;
