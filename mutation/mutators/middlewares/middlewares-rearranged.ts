import type { Mutator } from "../../files/mutators.ts";
import { optionOf } from "../../files/operator-files.ts";

/** A middleware removed from a router, in another order, or added to another router. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    const own = labels.flatMap((label) => {
      const found = optionOf(label, "routers");
      return found?.option === "middlewares"
        ? [{ router: found.name, label, names: label.text.value.text.split(",").map((name) => name.trim()) }]
        : [];
    });
    const all = new Set(own.flatMap(({ names }) => names));
    for (const { router, label, names } of own) {
      const subject = `router ${router}`;
      if (names.length > 1) {
        for (const name of names) {
          const rest = names.filter((other) => other !== name).join(",");
          yield { subject, how: `without middleware ${name}`, ...label.text.value.replace(rest) };
        }
        yield { subject, how: "middlewares in reverse", ...label.text.value.replace(names.toReversed().join(",")) };
      }
      for (const name of all)
        if (!names.includes(name))
          yield { subject, how: `with middleware ${name}`, ...label.text.value.replace([...names, name].join(",")) };
    }
    for (const label of labels) {
      const found = optionOf(label, "routers");
      if (found?.option !== "rule" || own.some(({ router }) => router === found.name)) continue;
      for (const name of all) {
        const added = label.text.addAfter([{ key: `traefik.http.routers.${found.name}.middlewares`, value: name }]);
        if (added !== undefined) yield { subject: `router ${found.name}`, how: `with middleware ${name}`, ...added };
      }
    }
  },
} satisfies Mutator;
