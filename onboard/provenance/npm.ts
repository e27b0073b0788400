import { verify } from "node:crypto";
import { z } from "zod";
import { CommandError, runOnHost } from "../../containers/engine/host-command.ts";
import { askRegistry, jsonOf } from "./ask-registry.ts";
import {
  type Attestation,
  AttestationError,
  kindOf,
  publicKeyOf,
  type RegistryKey,
  verifyAttestation,
} from "./attestation.ts";
import { type InstalledRelease, type PackageProvenance, RegistryError } from "./provenance.ts";

/** A package that npm installed. */
export interface NpmRelease extends InstalledRelease {
  /** Its digest by npm's own lock, which npm compared with the archive. */
  integrity: string;
}

const distShape = z.object({
  integrity: z.string().optional(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })).default([]),
  attestations: z.object({ url: z.string() }).optional(),
});

const keysShape = z.object({ keys: z.array(z.object({ keyid: z.string(), key: z.string() })) });

const attestationsShape = z.object({
  attestations: z.array(z.object({ predicateType: z.string(), bundle: z.unknown() })),
});

/**
 * Verifies what npm's registry offers for a package: its signature of name, version and digest, and attestations of who
 * published and built it. `npm audit signatures` does the same, and needs Sigstore's servers for it.
 *
 * @throws {RegistryError} when the registry does not answer
 */
export async function npmProvenance(release: NpmRelease): Promise<PackageProvenance> {
  const { name, version, integrity } = release;
  const [registry, text] = await Promise.all([registryOf(name), npm("view", `${name}@${version}`, "dist", "--json")]);
  const dist = distShape.safeParse(parsed(text));
  if (!dist.success) throw new RegistryError(`npm view says nothing of ${name}@${version}`);
  const { signatures, attestations } = dist.data;
  const wrong: string[] = [];
  if (dist.data.integrity !== undefined && dist.data.integrity !== integrity)
    wrong.push(`the registry has the digest ${dist.data.integrity}, and ${integrity} is installed`);
  const keys = await keysOf(registry);
  wrong.push(...signatureFaults(release, signatures, keys));
  const offered = signatures.length > 0 ? ["registry signature"] : [];
  const builtFrom: string[] = [];
  if (attestations !== undefined) {
    // A registry that passes packages on has them under its own address.
    const answer = await askRegistry(
      `${registry}${new URL(attestations.url, `${registry}/`).pathname}`,
      "application/json",
    );
    const listed = attestationsShape.safeParse(jsonOf(answer));
    if (!listed.success) throw new RegistryError(`${answer.url} lists no attestations (status ${answer.status})`);
    for (const { predicateType, bundle } of listed.data.attestations) {
      offered.push(kindOf(predicateType));
      try {
        const attestation = verifyAttestation(bundle, keys);
        wrong.push(...subjectFaults(release, attestation));
        if (attestation.source !== undefined) builtFrom.push(attestation.source);
      } catch (error) {
        if (!(error instanceof AttestationError)) throw error;
        wrong.push(`${kindOf(predicateType)}: ${error.message}`);
      }
    }
  }
  return { package: `${name} ${version}`, offered, wrong, unverified: undefined, builtFrom };
}

/** The registry of a package's scope, or else the default one. */
async function registryOf(name: string): Promise<string> {
  const [scope] = name.split("/");
  const own = name.startsWith("@") ? (await npm("config", "get", `${scope}:registry`)).trim() : "undefined";
  const registry = own === "undefined" ? (await npm("config", "get", "registry")).trim() : own;
  return registry.replace(/\/+$/, "");
}

/** The keys with which a registry signs; empty for one that does not. */
async function keysOf(registry: string): Promise<RegistryKey[]> {
  const answer = await askRegistry(`${registry}/-/npm/v1/keys`, "application/json");
  if (answer.status !== 200) return [];
  const listed = keysShape.safeParse(parsed(answer.body.toString("utf8")));
  return listed.success ? listed.data.keys : [];
}

function signatureFaults(
  { name, version, integrity }: NpmRelease,
  signatures: readonly { keyid: string; sig: string }[],
  keys: readonly RegistryKey[],
): string[] {
  if (keys.length > 0 && signatures.length === 0)
    return ["the registry signs its packages, and this one has no signature"];
  return signatures.flatMap(({ keyid, sig }) => {
    const key = keys.find((one) => one.keyid === keyid);
    if (key === undefined) return [`registry signature: its key ${keyid} is none of the registry's`];
    const signed = Buffer.from(`${name}@${version}:${integrity}`);
    return verify("sha256", signed, publicKeyOf(key), Buffer.from(sig, "base64"))
      ? []
      : [`registry signature: the key ${keyid} did not sign ${signed}`];
  });
}

/** An attestation must be of this package, and of the archive that was installed. */
function subjectFaults({ name, version, integrity }: NpmRelease, { subjects, predicateType }: Attestation): string[] {
  const purl = `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
  const [, algorithm = "", encoded = ""] = /^(sha\d+)-(.+)$/.exec(integrity) ?? [];
  const digest = Buffer.from(encoded, "base64").toString("hex");
  if (subjects.some((one) => one.name === purl && one.digest[algorithm] === digest)) return [];
  const named = subjects
    .map((one) => `${one.name} ${one.digest[algorithm]?.slice(0, 12) ?? "without a digest"}`)
    .join(", ");
  return [`${kindOf(predicateType)}: it is of ${named}, and ${purl} ${digest.slice(0, 12)} is installed`];
}

/** What npm writes, with the registry, proxy and certificates of this machine. */
async function npm(...args: string[]): Promise<string> {
  const lines: string[] = [];
  try {
    await runOnHost("npm", [...args, "--loglevel=silent"], { onLine: (line) => lines.push(line) });
    return lines.join("\n");
  } catch (error) {
    if (error instanceof CommandError) throw new RegistryError(error.message, { cause: error });
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
