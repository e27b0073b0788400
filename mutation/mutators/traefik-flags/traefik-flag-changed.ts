import type { Mutator } from "../../files/mutators.ts";

/** Each flag of Traefik's dropped, flipped, or with another port. */
export default {
  kind: "Traefik command",
  *changes({ compose, deployment }) {
    for (const entry of compose.below("services", deployment.traefik.name, "command")) {
      const flag = entry.value?.value;
      if (entry.value === undefined || flag === undefined) continue;
      const subject = `flag ${flag}`;
      const removed = entry.remove();
      if (removed !== undefined) yield { subject, how: "dropped", ...removed };
      const flipped = flag.replace(/=(true|false)$/i, (_, word: string) => (/true/i.test(word) ? "=false" : "=true"));
      if (flipped !== flag) yield { subject, how: flipped, ...entry.value.become(flipped) };
      const moved = flag.replace(
        /(address=[^:]*:)(\d+)/i,
        (_, name: string, port: string) => `${name}${Number(port) + 1}`,
      );
      if (moved !== flag) yield { subject, how: moved, ...entry.value.become(moved) };
    }
  },
} satisfies Mutator;
