import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { expect, test } from "vitest";
import type { PackageProvenance } from "./provenance.ts";
import { type PypiRelease, pypiProvenance } from "./pypi.ts";
import { startRegistry } from "./registry-fixture.ts";

// A real release with its real attestation, as the Python package index served it (from the tests of pypi-attestations, Apache-2.0).
const folder = join(import.meta.dirname, "fixtures");
const filename = "gitlab_oidc_project-0.0.3.tar.gz";
const archive = readFileSync(join(folder, filename));
const attestation = JSON.parse(readFileSync(join(folder, "gitlab_oidc_project-0.0.3.attestation.json"), "utf8")) as {
  envelope: { statement: string; signature: string };
};
const installed: PypiRelease = { name: "gitlab-oidc-project", version: "0.0.3", record: [], tags: ["py3-none-any"] };

interface Served {
  filename?: string;
  archive?: Buffer;
  sha256?: string;
  provenance?: string | null;
  attestations?: readonly object[];
}

const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

/** What is found for the release in an index that serves it so. */
async function found(served: Served, release = installed): Promise<PackageProvenance> {
  await using registry = await startRegistry();
  const own = { filename, archive, provenance: "/provenance", attestations: [attestation], ...served };
  const hashes = { sha256: served.sha256 ?? sha256(own.archive) };
  const file = { filename: own.filename, url: "../../files/archive", hashes, provenance: own.provenance };
  const files = [{ ...file, filename: filename.replace("0.0.3", "0.0.30"), provenance: null }, file];
  const page = { meta: { "api-version": "1.3" }, name: release.name, files };
  registry.answers.set(`/simple/${release.name}/`, {
    type: "application/vnd.pypi.simple.v1+json",
    body: JSON.stringify(page),
  });
  registry.answers.set("/files/archive", { body: own.archive });
  const bundles = [{ publisher: { kind: "GitLab" }, attestations: own.attestations }];
  registry.answers.set("/provenance", { body: JSON.stringify({ version: 1, attestation_bundles: bundles }) });
  return await pypiProvenance(release, `${registry.url}/simple`);
}

test("a real attestation is verified with Sigstore's trust root", async () => {
  expect(await found({})).toEqual({
    package: "gitlab-oidc-project 0.0.3",
    offered: ["publish attestation"],
    wrong: [],
    unverified: undefined,
    builtFrom: ["https://gitlab.com/facutuesca/gitlab-oidc-project"],
  });
});

const changed = (change: (statement: string) => string): object => {
  const statement = Buffer.from(change(Buffer.from(attestation.envelope.statement, "base64").toString("utf8")));
  return { ...attestation, envelope: { ...attestation.envelope, statement: statement.toString("base64") } };
};
const bare = { ...attestation, verification_material: { certificate: "", transparency_entries: [] } };

test.each<[string, Served, RegExp]>([
  [
    "a changed statement",
    { attestations: [changed((text) => text.replace("c1ca9b", "c1ca9c"))] },
    /^an attestation of .*: (?!it is malformed)/,
  ],
  [
    "an attestation of another archive",
    { archive: Buffer.from("other") },
    /it is of gitlab.* c1ca9b0d85df, and the index has/,
  ],
  [
    "an archive that is not the attested one",
    { archive: Buffer.from("other"), sha256: sha256(archive) },
    /has the digest .* the index says c1ca9b0d85df/,
  ],
  ["an attestation without a certificate", { attestations: [bare] }, /: it is malformed: /],
])("%s is wrong", async (_what, served, says) => {
  const { wrong, offered, unverified } = await found(served);
  expect(offered).toHaveLength(1);
  expect(unverified).toBeUndefined();
  expect(wrong).toHaveLength(1);
  expect(wrong[0]).toMatch(says);
});

test("what is installed is compared with the attested wheel, file by file", async () => {
  const record = [
    "notes/__init__.py,sha256=aaa,1",
    "notes-1.0.data/scripts/notes,sha256=bbb,1",
    "notes-1.0.dist-info/RECORD,,",
  ];
  const wheel = Buffer.from(zipSync({ "notes-1.0.dist-info/RECORD": strToU8(record.join("\n")) }));
  const served = { filename: "notes-1.0-py2.py3-none-any.whl", archive: wheel };
  const release = { name: "notes", version: "1.0", record, tags: ["py3-none-any"] };
  // The attestation is of another archive, which is one finding.
  expect((await found(served, release)).wrong).toHaveLength(1);
  const { wrong } = await found(served, { ...release, record: ["notes/__init__.py,sha256=ccc,1"] });
  expect(wrong).toContain("notes/__init__.py is installed with other content than notes-1.0-py2.py3-none-any.whl has");
});

test("an index without attestations, or without the JSON form of its API, offers none", async () => {
  expect(await found({ provenance: null })).toMatchObject({ offered: [], wrong: [], unverified: undefined });
  await using registry = await startRegistry();
  registry.answers.set("/simple/gitlab-oidc-project/", { type: "text/html", body: "<a href=x>x</a>" });
  expect(await pypiProvenance(installed, `${registry.url}/simple`)).toMatchObject({ offered: [], wrong: [] });
});

test("an index that does not answer is an error of the registry, which says so", async () => {
  const { url } = await startRegistry().then(async (registry) => {
    await registry[Symbol.asyncDispose]();
    return registry;
  });
  await expect(pypiProvenance(installed, `${url}/simple`)).rejects.toThrow(/127\.0\.0\.1:\d+ does not answer: /);
});
