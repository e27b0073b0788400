import type { TraefikModel } from "../model.ts";
import type { ProblemList } from "../problems.ts";

/** What Traefik compares letter by letter (pkg/tls/tls.go). */
const versions: ReadonlySet<string> = new Set(["VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"]);

/** Checks that the TLS versions of the TLS options are ones that Traefik knows: it ignores any other value, and logs nothing. */
export function checkTlsVersions({ dynamicOptions }: TraefikModel, problems: ProblemList): void {
  for (const { path, key, value, location } of dynamicOptions) {
    const [tls, options, name, option = ""] = path.map((part) => part.toLowerCase());
    const isVersion = path.length === 4 && (option === "minversion" || option === "maxversion");
    if (tls !== "tls" || options !== "options" || name === undefined || !isVersion) continue;
    if (value === "" || versions.has(value)) continue;
    const [, minor] = /1[._]?([0-3])$/.exec(value) ?? [];
    problems.add(
      { kind: "nothing" },
      location,
      `${key} is '${value}', which is no TLS version of Traefik's`,
      "Traefik ignores it without a warning, and its default applies",
      minor === undefined ? `write one of ${[...versions].join(", ")}` : `write 'VersionTLS1${minor}'`,
    );
  }
}
