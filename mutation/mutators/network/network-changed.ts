import type { Mutator } from "../../files/mutators.ts";

/** A service removed from a network or added to one; an alias removed; a network no longer internal. */
export default {
  kind: "networks and ports",
  *changes({ compose, deployment }) {
    const all = [...deployment.compose.networks.keys()];
    for (const { name, networks } of deployment.compose.services.values()) {
      const subject = `service ${name}`;
      const section = compose.at("services", name, "networks");
      const removed = section?.remove();
      if (section === undefined || removed === undefined) continue;
      // Always written in the long form, which has the aliases.
      const own = [...networks];
      const write = (wanted: readonly (readonly [string, readonly string[]])[]): string[] => [
        "networks:",
        ...wanted.map(([network, aliases]) => `  ${network}: { aliases: [${aliases.join(", ")}] }`),
      ];
      const instead = (wanted: readonly (readonly [string, readonly string[]])[]) => {
        const added = section.addAfter(write(wanted));
        return (
          added && {
            shown: { ...removed.shown, text: write(wanted).join("\n") },
            edits: [...removed.edits, ...added.edits],
          }
        );
      };
      for (const [network, aliases] of own) {
        const without = own.length > 1 ? instead(own.filter(([other]) => other !== network)) : undefined;
        if (without) yield { subject, how: `off ${network}`, ...without };
        for (const alias of aliases) {
          const bare = instead(
            own.map(([other, its]) => [other, its.filter((one) => other !== network || one !== alias)]),
          );
          if (bare) yield { subject, how: `without the alias ${alias} on ${network}`, ...bare };
        }
      }
      for (const network of all) {
        const more = networks.has(network) ? undefined : instead([...own, [network, []]]);
        if (more) yield { subject, how: `on ${network} too`, ...more };
      }
    }
    for (const entry of compose.below("networks")) {
      const internal = compose.at(...entry.path, "internal");
      const removed = internal?.remove();
      if (removed) yield { subject: `network ${String(entry.path.at(-1))}`, how: "not internal", ...removed };
    }
  },
} satisfies Mutator;
