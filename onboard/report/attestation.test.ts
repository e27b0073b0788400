import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleFromJSON } from "@sigstore/bundle";
import { toSignedEntity, Verifier } from "@sigstore/verify";
import { afterAll, expect, test } from "vitest";
import { readSigningKey, signStatement, testResultStatement } from "./attestation.ts";
import { exampleReport } from "./report-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "attestation-"));
afterAll(() => rmSync(folder, { recursive: true }));

const candidateFile = Buffer.from("name: notes\n");

/** Verifies a bundle as somebody does who has the public key; returns the statement. */
function verified(json: string, key: KeyObject): Record<string, unknown> {
  const publicKey = createPublicKey(key);
  const hint = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "pem" }).toString())
    .digest("hex");
  const trust = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: (found: string) => {
      if (found !== hint) throw new Error("another key");
      return { publicKey, validFor: () => true };
    },
  };
  const bundle = bundleFromJSON(JSON.parse(json));
  new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle));
  if (bundle.content.$case !== "dsseEnvelope") throw new Error("no DSSE envelope");
  return JSON.parse(bundle.content.dsseEnvelope.payload.toString("utf8")) as Record<string, unknown>;
}

const ed25519 = generateKeyPairSync("ed25519").privateKey;
const ecdsa = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

test.each([
  ["Ed25519", ed25519],
  ["ECDSA P-256", ecdsa],
])("what is signed with %s verifies, and says what was judged and how it ended", async (_kind, key) => {
  const report = exampleReport();
  const statement = verified(await signStatement(testResultStatement(report, candidateFile), key), key);
  expect(statement).toMatchObject({
    _type: "https://in-toto.io/Statement/v1",
    predicateType: "https://in-toto.io/attestation/test-result/v0.1",
    subject: [{ name: "notes@1.0.0", digest: { sha256: "ab".repeat(32) } }],
    predicate: { result: "FAILED", failedTests: ["GATE-17"], warnedTests: ["GATE-19"] },
  });
});

test("a changed statement, and one that another key signed, do not verify", async () => {
  const json = await signStatement(testResultStatement(exampleReport(), candidateFile), ed25519);
  const bundle = JSON.parse(json) as { dsseEnvelope: { payload: string } };
  const statement = Buffer.from(bundle.dsseEnvelope.payload, "base64").toString("utf8");
  bundle.dsseEnvelope.payload = Buffer.from(statement.replace("FAILED", "PASSED")).toString("base64");
  expect(() => verified(JSON.stringify(bundle), ed25519)).toThrow("signature");
  expect(() => verified(json, generateKeyPairSync("ed25519").privateKey)).toThrow("another key");
});

test("a missing key and one of another type are refused with the command that makes one", () => {
  const file = join(folder, "key.pem");
  expect(() => readSigningKey(file)).toThrow(/is not a private key .*openssl genpkey/);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }));
  expect(() => readSigningKey(file)).toThrow(/type rsa, expected Ed25519/);
  writeFileSync(file, ed25519.export({ type: "pkcs8", format: "pem" }));
  expect(readSigningKey(file).asymmetricKeyType).toBe("ed25519");
});
