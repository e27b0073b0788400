import { createPublicKey } from "node:crypto";
import { bundleFromJSON, isBundleWithDsseEnvelope, type SerializedBundle } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import seeds from "@sigstore/tuf/seeds.json" with { type: "json" };
import { toSignedEntity, toTrustMaterial, VerificationError, Verifier } from "@sigstore/verify";
import { z } from "zod";

/** A key with which a registry signs. */
export interface RegistryKey {
  keyid: string;
  /** DER of its SubjectPublicKeyInfo, in Base64. */
  key: string;
}

/** What a valid attestation says. */
export interface Attestation {
  predicateType: string;
  /** Digests in hexadecimal, by algorithm. */
  subjects: readonly { name: string; digest: Readonly<Record<string, string>> }[];
  /** Address of the repository that the signer's certificate names; undefined for one that a registry's key signed. */
  source: string | undefined;
}

/** An attestation is not what it says it is. */
export class AttestationError extends Error {
  override readonly name = "AttestationError";
}

const statementType = "application/vnd.in-toto+json";

const statementShape = z.object({
  predicateType: z.string(),
  subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })).min(1),
});

/** Fulcio's extension with the address of the source repository, and the older one with its owner and name. */
const [sourceAddress, sourceName] = ["1.3.6.1.4.1.57264.1.12", "1.3.6.1.4.1.57264.1.5"];

/**
 * Verifies an attestation: an in-toto statement in a Sigstore bundle. A certificate must be Fulcio's and in both logs, by
 * the trust root that the package `@sigstore/tuf` brings. A bundle without a certificate must be signed by a key of the registry.
 *
 * @param bundle as JSON
 * @throws {AttestationError} when it is malformed, or a signature, certificate or log entry is wrong
 */
export function verifyAttestation(bundle: unknown, keys: readonly RegistryKey[] = []): Attestation {
  try {
    const parsed = bundleFromJSON(bundle as SerializedBundle);
    if (!isBundleWithDsseEnvelope(parsed)) throw new AttestationError("it has no in-toto statement");
    const { payload, payloadType } = parsed.content.dsseEnvelope;
    if (payloadType !== statementType) throw new AttestationError(`it is of the type ${payloadType}`);
    const hasKey = parsed.verificationMaterial.content.$case === "publicKey";
    // The registry's key needs no witness: it is trusted as the registry is. What a log says of it is verified all the same.
    const thresholds = hasKey ? { tlogThreshold: 0, timestampThreshold: 0, ctlogThreshold: 0 } : {};
    const verifier = new Verifier(toTrustMaterial(trustedRoot(), keyFinder(keys)), thresholds);
    const { identity } = verifier.verify(toSignedEntity(parsed));
    const statement = statementShape.parse(JSON.parse(payload.toString("utf8")));
    const extensions = new Map(
      (identity?.oids ?? []).map(({ oid, value }) => [oid?.id.join("."), Buffer.from(value)] as const),
    );
    const [address, name] = [extensions.get(sourceAddress), extensions.get(sourceName)];
    return {
      predicateType: statement.predicateType,
      subjects: statement.subject,
      source: address === undefined ? name && `https://github.com/${name.toString("utf8")}` : derText(address),
    };
  } catch (error) {
    if (error instanceof AttestationError) throw error;
    const { message } = error as Error;
    throw new AttestationError(error instanceof VerificationError ? message : `it is malformed: ${message}`, {
      cause: error,
    });
  }
}

/** The trust root of Sigstore's public instance. */
function trustedRoot(): TrustedRoot {
  const [root] = Object.values(seeds).flatMap(({ targets }) => targets["trusted_root.json"] ?? []);
  if (root === undefined) throw new Error("@sigstore/tuf brings no trusted_root.json");
  return TrustedRoot.fromJSON(JSON.parse(Buffer.from(root, "base64").toString("utf8")));
}

function keyFinder(keys: readonly RegistryKey[]): Parameters<typeof toTrustMaterial>[1] {
  return (hint) => {
    const known = keys.find(({ keyid }) => keyid === hint);
    if (known === undefined) throw new AttestationError(`its key ${hint} is none of the registry's`);
    return { publicKey: publicKeyOf(known), validFor: () => true };
  };
}

/** A registry's key for Node. */
export function publicKeyOf({ key }: RegistryKey): ReturnType<typeof createPublicKey> {
  return createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
}

/** A text in DER: a tag, a length in one or more bytes, and the text. */
function derText(value: Buffer): string {
  const length = value[1] ?? 0;
  return value.subarray(length < 0x80 ? 2 : 2 + (length & 0x7f)).toString("utf8");
}

/** What an attestation is of, for people. */
export function kindOf(predicateType: string): string {
  if (predicateType.includes("slsa.dev/provenance")) return "SLSA provenance";
  return predicateType.includes("/publish/") ? "publish attestation" : `attestation ${predicateType}`;
}
