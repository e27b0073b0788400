import type { Mutator } from "../../files/mutators.ts";
import { matchersOf, matcherText, rewritten } from "../../files/rules.ts";

/** Any host, a host with a prefix or a suffix, another host. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher } of matchersOf(files, "Host")) {
      const [host = ""] = matcher.args;
      const pattern = host.replaceAll(".", "\\.");
      for (const text of [
        matcherText("HostRegexp", ".+"),
        matcherText("HostRegexp", `^${pattern}`),
        matcherText("HostRegexp", `${pattern}$$`),
        matcherText("Host", `www.${host}`),
      ])
        yield rewritten(written, matcher.span, text);
    }
  },
} satisfies Mutator;
