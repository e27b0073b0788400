import { expect, test } from "vitest";
import { loadDeployment } from "../../load.ts";
import { patchedCopy } from "../../source/patched-copy.ts";

/** What is said of the TLS version of a changed example. */
async function findings(version: string) {
  const patch = { file: "dynamic/api.yml", find: "minVersion: VersionTLS13", replace: `minVersion: ${version}` };
  using copy = patchedCopy("deployments/examples/allow-list", [patch]);
  const { facts } = await loadDeployment(copy.folder);
  return facts.notes.notes
    .filter(({ what }) => what.includes("TLS version"))
    .map(({ what, fix, line }) => ({ what, fix, line }));
}

test.for([
  ["TLS13", "write 'VersionTLS13'"],
  ['"1.2"', "write 'VersionTLS12'"],
  ["versiontls13", "write 'VersionTLS13'"],
  ["modern", "write one of VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13"],
])("a TLS version that Traefik ignores is a finding: %s", async ([version = "", fix]) => {
  const what = `tls.options.modern.minVersion is '${version.replaceAll('"', "")}', which is no TLS version of Traefik's`;
  expect(await findings(version)).toEqual([{ what, fix, line: 28 }]);
});

test.for(["VersionTLS13", "VersionTLS12", '""'])(
  "a version that Traefik knows, or none, is not: %s",
  async (version) => {
    expect(await findings(version)).toEqual([]);
  },
);
