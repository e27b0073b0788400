import type { Mutator } from "../../files/mutators.ts";

/** Each of Traefik's flags dropped, flipped, or with another port. */
export default {
  kind: "Traefik command",
  *changes({ flags }) {
    for (const { path, text } of flags) {
      const { written, value } = text;
      const subject = `flag ${written}`;
      const changed = (to: string): string => written.slice(0, written.length - value.text.length) + to;
      const removed = text.remove();
      if (removed !== undefined) yield { subject, how: "dropped", ...removed };
      const flipped = { true: "false", false: "true" }[value.text.toLowerCase()];
      if (flipped !== undefined) yield { subject, how: changed(flipped), ...value.replace(flipped) };
      if (path.at(-1) !== "address") continue;
      const moved = value.text.replace(
        /^([^:]*:)(\d+)/,
        (_, host: string, port: string) => `${host}${Number(port) + 1}`,
      );
      if (moved !== value.text) yield { subject, how: changed(moved), ...value.replace(moved) };
    }
  },
} satisfies Mutator;
