import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { signStatement } from "../report/attestation.ts";
import { npmProvenance } from "./npm.ts";
import type { PackageProvenance } from "./provenance.ts";
import { startRegistry } from "./registry-fixture.ts";

afterEach(() => vi.unstubAllEnvs());

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const keyid = "SHA256:test";
const digest = createHash("sha512").update("the archive").digest();
const release = { name: "@example/notes", version: "1.0.0", integrity: `sha512-${digest.toString("base64")}` };

interface Served {
  /** What the registry signs; undefined for no signature. */
  signed?: string | undefined;
  /** The key that the registry names; undefined for a registry that does not sign. */
  key?: KeyObject | undefined;
  integrity?: string;
  statement?: object;
  attestingKey?: KeyObject;
}

const signedText = `${release.name}@${release.version}:${release.integrity}`;
const statement = (name = "pkg:npm/%40example/notes@1.0.0", sha512 = digest.toString("hex")): object => ({
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name, digest: { sha512 } }],
  predicateType: "https://github.com/npm/attestation/tree/main/specs/publish/v0.1",
  predicate: {},
});

/** What is found in a registry that serves the package so. npm itself asks it. */
async function found(served: Served): Promise<PackageProvenance> {
  await using registry = await startRegistry();
  vi.stubEnv("npm_config_registry", registry.url);
  const { signed, key, integrity = release.integrity } = served;
  const signatures =
    signed === undefined ? [] : [{ keyid, sig: sign("sha256", Buffer.from(signed), privateKey).toString("base64") }];
  const attestations = served.statement && { url: "https://registry.example.com/-/npm/v1/attestations/notes" };
  const dist = { tarball: "BASE/notes.tgz", integrity, ...(signed === undefined ? {} : { signatures }), attestations };
  const versions = { [release.version]: { name: release.name, version: release.version, dist } };
  registry.answers.set(`/${release.name}`, {
    body: JSON.stringify({ name: release.name, "dist-tags": { latest: release.version }, versions }),
  });
  if (key !== undefined) {
    const der = key.export({ type: "spki", format: "der" }).toString("base64");
    registry.answers.set("/-/npm/v1/keys", { body: JSON.stringify({ keys: [{ keyid, key: der, expires: null }] }) });
  }
  if (served.statement !== undefined) {
    const bundle = JSON.parse(await signStatement(served.statement, served.attestingKey ?? privateKey)) as {
      verificationMaterial: { publicKey: { hint: string } };
    };
    bundle.verificationMaterial.publicKey.hint = keyid;
    const listed = [{ predicateType: "https://github.com/npm/attestation/tree/main/specs/publish/v0.1", bundle }];
    registry.answers.set("/-/npm/v1/attestations/notes", { body: JSON.stringify({ attestations: listed }) });
  }
  return await npmProvenance(release);
}

test("a registry's signature and its publish attestation are verified with its key", async () => {
  expect(await found({ signed: signedText, key: publicKey, statement: statement() })).toEqual({
    package: "@example/notes 1.0.0",
    offered: ["registry signature", "publish attestation"],
    wrong: [],
    unverified: undefined,
    builtFrom: [],
  });
});

const other = generateKeyPairSync("ec", { namedCurve: "P-256" });

test.each<[string, Served, RegExp]>([
  [
    "a signature of other content",
    { signed: `${release.name}@1.0.1:x`, key: publicKey },
    /did not sign @example\/notes@1\.0\.0:sha512-/,
  ],
  ["a signature by another key", { signed: signedText, key: other.publicKey }, /did not sign/],
  ["a key that the registry does not have", { signed: signedText }, /SHA256:test is none of the registry's/],
  ["no signature in a registry that signs", { key: publicKey }, /this one has no signature/],
  [
    "another archive than is installed",
    { signed: signedText, key: publicKey, integrity: "sha512-AAAA" },
    /has the digest sha512-AAAA, and sha512-.* is installed/,
  ],
  [
    "an attestation of another package",
    { signed: signedText, key: publicKey, statement: statement("pkg:npm/notes@1.0.0") },
    /it is of pkg:npm\/notes@1\.0\.0 /,
  ],
  [
    "an attestation of another archive",
    { signed: signedText, key: publicKey, statement: statement(undefined, "00") },
    /publish attestation: it is of pkg:npm.* 00, and/,
  ],
  [
    "an attestation by another key",
    { signed: signedText, key: publicKey, statement: statement(), attestingKey: other.privateKey },
    /publish attestation: signature verification failed/,
  ],
])("%s is wrong", async (_what, served, says) => {
  const { wrong, unverified } = await found(served);
  expect(unverified).toBeUndefined();
  expect(wrong.join("\n")).toMatch(says);
});

test("a registry that neither signs nor attests offers none", async () => {
  expect(await found({})).toMatchObject({ offered: [], wrong: [], unverified: undefined });
});

test("a registry that does not answer is an error of the registry", async () => {
  await using registry = await startRegistry();
  vi.stubEnv("npm_config_registry", registry.url);
  await expect(npmProvenance(release)).rejects.toThrow(/npm view @example\/notes@1\.0\.0/);
});
