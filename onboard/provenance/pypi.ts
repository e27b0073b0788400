import { createHash } from "node:crypto";
import { strFromU8, unzipSync } from "fflate";
import { z } from "zod";
import { askRegistry, jsonOf } from "./ask-registry.ts";
import { type Attestation, AttestationError, kindOf, verifyAttestation } from "./attestation.ts";
import { normalisedPackageName } from "./package-name.ts";
import { type InstalledRelease, type PackageProvenance, RegistryError } from "./provenance.ts";

/** A package that was installed from an index. */
export interface PypiRelease extends InstalledRelease {
  /** Lines of its RECORD: path, digest and size of each installed file. */
  record: readonly string[];
  /** Tags of its WHEEL, e.g. `py3-none-any`. */
  tags: readonly string[];
}

const pageShape = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()),
      provenance: z.string().nullish(),
    }),
  ),
});

type IndexFile = z.output<typeof pageShape>["files"][number];

const provenanceShape = z.object({
  attestation_bundles: z.array(
    z.object({
      attestations: z.array(
        z.object({
          verification_material: z.object({ certificate: z.string(), transparency_entries: z.array(z.unknown()) }),
          envelope: z.object({ statement: z.string(), signature: z.string() }),
        }),
      ),
    }),
  ),
});

type Written = z.output<typeof provenanceShape>["attestation_bundles"][number]["attestations"][number];

/**
 * Verifies the attestations that an index offers for the archive from which a package was installed (PEP 740), and that what
 * is installed has the files of that archive.
 *
 * @param index address of the simple API, as the installer has it
 * @throws {RegistryError} when the index does not answer
 */
export async function pypiProvenance(release: PypiRelease, index: string): Promise<PackageProvenance> {
  const { name, version } = release;
  const page = await askRegistry(
    `${index.replace(/\/+$/, "")}/${normalisedPackageName(name)}/`,
    "application/vnd.pypi.simple.v1+json",
  );
  if (page.status !== 200) throw new RegistryError(`${page.url} answers with ${page.status}`);
  const none: PackageProvenance = {
    package: `${name} ${version}`,
    offered: [],
    wrong: [],
    unverified: undefined,
    builtFrom: [],
  };
  // An index without the JSON form of its API has no attestations there.
  if (!page.type.includes("json")) return none;
  const listed = pageShape.safeParse(jsonOf(page));
  if (!listed.success) throw new RegistryError(`${page.url} lists no files`);
  const file = installedFile(listed.data.files, release);
  if (file?.provenance == null) return none;
  const answer = await askRegistry(new URL(file.provenance, page.url).href, "application/json");
  const parsed = provenanceShape.safeParse(jsonOf(answer));
  if (!parsed.success) throw new RegistryError(`${answer.url} has no attestations (status ${answer.status})`);
  const written = parsed.data.attestation_bundles.flatMap(({ attestations }) => attestations);
  const wrong: string[] = [];
  const offered: string[] = [];
  const builtFrom: string[] = [];
  for (const one of written) {
    try {
      const attestation = verifyAttestation(bundleOf(one));
      offered.push(kindOf(attestation.predicateType));
      wrong.push(...subjectFaults(file, attestation));
      if (attestation.source !== undefined) builtFrom.push(attestation.source);
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error;
      offered.push("attestation");
      wrong.push(`an attestation of ${file.filename}: ${error.message}`);
    }
  }
  if (offered.length > 0) wrong.push(...(await archiveFaults(new URL(file.url, page.url).href, file, release)));
  return { ...none, offered, wrong, builtFrom };
}

/** The archive that an installer takes: the wheel with the installed tags, or the source where there is none. */
function installedFile(files: readonly IndexFile[], { name, version, tags }: PypiRelease): IndexFile | undefined {
  const ofVersion = files.filter(({ filename }) => {
    const [own = "", at = ""] = filename.endsWith(".whl")
      ? filename.split("-")
      : (/^(.+)-([^-]+)\.(?:tar\.gz|zip)$/.exec(filename)?.slice(1) ?? []);
    return normalisedPackageName(own) === normalisedPackageName(name) && at === version;
  });
  return (
    ofVersion.find(({ filename }) => tags.some((tag) => tagsOf(filename).includes(tag))) ??
    ofVersion.find(({ filename }) => !filename.endsWith(".whl"))
  );
}

/** The tags that a wheel's name has: `py2.py3-none-any` is two. */
function tagsOf(filename: string): string[] {
  if (!filename.endsWith(".whl")) return [];
  const [pythons = [], abis = [], platforms = []] = filename
    .slice(0, -".whl".length)
    .split("-")
    .slice(-3)
    .map((part) => part.split("."));
  return pythons.flatMap((python) =>
    abis.flatMap((abi) => platforms.map((platform) => `${python}-${abi}-${platform}`)),
  );
}

/** PEP 740's form as a Sigstore bundle. */
function bundleOf({ verification_material: material, envelope }: Written): object {
  return {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: {
      certificate: { rawBytes: material.certificate },
      tlogEntries: material.transparency_entries,
      timestampVerificationData: { rfc3161Timestamps: [] },
    },
    dsseEnvelope: {
      payload: envelope.statement,
      payloadType: "application/vnd.in-toto+json",
      signatures: [{ sig: envelope.signature, keyid: "" }],
    },
  };
}

function subjectFaults({ filename, hashes }: IndexFile, { subjects, predicateType }: Attestation): string[] {
  if (subjects.some(({ name, digest }) => name === filename && digest.sha256 === hashes.sha256)) return [];
  const named = subjects
    .map(({ name, digest }) => `${name} ${digest.sha256?.slice(0, 12) ?? "without a digest"}`)
    .join(", ");
  return [`${kindOf(predicateType)}: it is of ${named}, and the index has ${filename} ${hashes.sha256?.slice(0, 12)}`];
}

/** How the archive differs from its digest in the index, and what is installed from the archive. */
async function archiveFaults(url: string, { filename, hashes }: IndexFile, { record }: PypiRelease): Promise<string[]> {
  const { body, status } = await askRegistry(url, "*/*");
  if (status !== 200) throw new RegistryError(`${url} answers with ${status}`);
  const digest = createHash("sha256").update(body).digest("hex");
  if (digest !== hashes.sha256)
    return [`${filename} has the digest ${digest.slice(0, 12)}, and the index says ${hashes.sha256?.slice(0, 12)}`];
  // What is built from the source here has files of its own.
  if (!filename.endsWith(".whl")) return [];
  const [archived] = Object.values(unzipSync(body, { filter: ({ name }) => name.endsWith(".dist-info/RECORD") }));
  const installed = new Map(record.map(pathAndDigest));
  const other = strFromU8(archived ?? new Uint8Array())
    .split(/\r?\n/)
    .map(pathAndDigest)
    // Files of `.data` are moved when they are installed.
    .filter(([path, hash]) => hash !== "" && !/^[^/]+\.data\//.test(path) && installed.get(path) !== hash);
  return other.map(([path]) => `${path} is installed with other content than ${filename} has`);
}

function pathAndDigest(line: string): [path: string, digest: string] {
  const [, path = "", digest = ""] = /^(.*),([^,]*),[^,]*$/.exec(line) ?? [];
  return [path.replace(/^"(.*)"$/, "$1"), digest];
}
