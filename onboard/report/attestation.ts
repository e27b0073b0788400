import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { bundleToJSON } from "@sigstore/bundle";
import { DSSEBundleBuilder, type Signature } from "@sigstore/sign";
import { UsageError } from "../../helpers/core/errors.ts";
import type { GateReport, ReportedItem } from "../gate/report.ts";

/** The media type of an in-toto statement in a DSSE envelope. */
const statementType = "application/vnd.in-toto+json";

const results = { accept: "PASSED", "accept with conditions": "WARNED", reject: "FAILED" } as const;

/**
 * The result as an in-toto statement (test-result v0.1). Its subject is what was judged: packages, catalogue and
 * instructions by the digest that the lock file has, or the candidate file where nothing answered.
 *
 * @param candidateFile the content of the candidate file
 */
export function testResultStatement(report: GateReport, candidateFile: Buffer): object {
  const { candidate, verdict, columns } = report;
  const own = sha256(candidateFile);
  const named = (outcome: ReportedItem["outcome"]): string[] =>
    columns.flatMap(({ name, items }) =>
      items.filter((item) => item.outcome === outcome).map(({ id }) => (name === "direct" ? id : `${id} (${name})`)),
    );
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [
      {
        name: `${candidate.name}${candidate.version === null ? "" : `@${candidate.version}`}`,
        digest: { sha256: candidate.digest?.replace(/^sha256:/, "") ?? own },
      },
    ],
    predicateType: "https://in-toto.io/attestation/test-result/v0.1",
    predicate: {
      result: results[verdict],
      configuration: [{ name: candidate.file, digest: { sha256: own } }],
      passedTests: named("pass"),
      warnedTests: named("conditional"),
      failedTests: named("fail"),
    },
  };
}

/**
 * Signs a statement with a local key: a Sigstore bundle with a DSSE envelope, and no log entry.
 *
 * @returns the bundle as JSON
 */
export async function signStatement(statement: object, key: KeyObject): Promise<string> {
  const publicKey = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  const signer = {
    sign: async (data: Buffer): Promise<Signature> => ({
      signature: sign(digest, data, key),
      key: { $case: "publicKey", publicKey, hint: sha256(Buffer.from(publicKey)) },
    }),
  };
  const builder = new DSSEBundleBuilder({ signer, witnesses: [] });
  const bundle = await builder.create({ data: Buffer.from(JSON.stringify(statement)), type: statementType });
  return `${JSON.stringify(bundleToJSON(bundle), null, 2)}\n`;
}

/**
 * A private key in a file, as PEM: Ed25519 or ECDSA.
 *
 * @throws {UsageError} with the command that makes one
 */
export function readSigningKey(file: string): KeyObject {
  const fix = `make one with: openssl genpkey -algorithm ed25519 -out ${file}`;
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch (error) {
    throw new UsageError(`${file} is not a private key (${(error as Error).message}); ${fix}`);
  }
  if (key.asymmetricKeyType === "ed25519" || key.asymmetricKeyType === "ec") return key;
  throw new UsageError(`${file} is a key of type ${key.asymmetricKeyType}, expected Ed25519 or ECDSA; ${fix}`);
}

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
