import type { Mutator } from "../../files/mutators.ts";
import { matchersOf, matcherText, rewritten } from "../../files/rules.ts";

/** A rule that matches more: a prefix for a path, a prefix that is not a whole segment, an unanchored pattern. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher } of matchersOf(files, "Path", "PathPrefix")) {
      const [path = ""] = matcher.args;
      const wider = [
        ...(matcher.name === "Path" ? [matcherText("PathPrefix", path)] : []),
        ...(matcher.name === "PathPrefix" && path.endsWith("/") && path !== "/"
          ? [matcherText("PathPrefix", path.slice(0, -1))]
          : []),
        matcherText(
          "PathRegexp",
          path.replaceAll(/[.+?^${}()|[\]\\]/g, (char) => (char === "$" ? "\\$$" : `\\${char}`)),
        ),
      ];
      for (const text of wider) yield rewritten(written, matcher.span, text);
    }
  },
} satisfies Mutator;
