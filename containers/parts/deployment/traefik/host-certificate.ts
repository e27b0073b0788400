import type { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  type CertificatePlace,
  certificateFolder,
  certificatePlace,
} from "../../../../helpers/deployment/traefik/certificate-place.ts";
import type { Deployment } from "../../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import type { PartFile, PartPlan } from "../../part.ts";
import type { StaticChange } from "./static-change.ts";

/** A certificate for the policy's hosts over HTTPS, in the run's Traefik. Everything is in PEM form. */
export interface HostCertificate extends IssuedCertificate {
  place: CertificatePlace;
}

interface IssuedCertificate {
  certificate: string;
  key: string;
  /** The authority that signed it. It exists in this process only. */
  authority: string;
}

const why = "the clients of the run verify certificates, and no public authority signs one for a throwaway network";

const certificatePath = `${certificateFolder}/hosts.pem`;
const keyPath = `${certificateFolder}/hosts.key`;
const authorityPath = `${certificateFolder}/authority.pem`;

/** The certificate as a file of the file provider names it. */
export const certificateEntry = { certFile: certificatePath, keyFile: keyPath };

/** By the hosts' names: with a new certificate no part would be identical, and mutation testing keeps identical parts. */
const issued = new Map<string, Promise<IssuedCertificate>>();

/** The certificate that the clients of a run can verify; undefined where {@link certificatePlace} says why there is none. */
export async function hostCertificate(deployment: Deployment): Promise<HostCertificate | undefined> {
  const place = certificatePlace(deployment);
  if (typeof place === "string") return undefined;
  const names = place.names.toSorted().join(" ");
  const certificate = issued.get(names) ?? issue(place.names);
  issued.set(names, certificate);
  return { ...(await certificate), place };
}

/** What Traefik's container and its static configuration get for the certificate. */
export function certificateForTraefik({ certificate, key, place }: HostCertificate): {
  files: PartFile[];
  statics: StaticChange[];
  changes: RenderedChange[];
} {
  const document = { tls: { certificates: [certificateEntry] } };
  const written: PartFile[] =
    place.kind === "operators-file" ? [] : [{ target: place.path, content: JSON.stringify(document, null, 2) }];
  return {
    files: [
      { target: certificatePath, content: certificate },
      { target: keyPath, content: key, isPrivate: true },
      ...written,
    ],
    statics: place.kind === "own-provider" ? [{ option: "providers.file.filename", value: place.path, why }] : [],
    changes: [{ where: "Traefik", what: `added a certificate for ${place.names.join(", ")}`, why }],
  };
}

/** What a client's machine gets, so that every client on it trusts the certificate. */
export function trustOf(certificate: HostCertificate | undefined): Pick<PartPlan, "files" | "environment"> {
  if (certificate === undefined) return {};
  return {
    files: [{ target: authorityPath, content: certificate.authority }],
    environment: { SSL_CERT_FILE: authorityPath, NODE_EXTRA_CA_CERTS: authorityPath },
  };
}

async function issue(names: readonly string[]): Promise<IssuedCertificate> {
  // `@peculiar/x509` needs `reflect-metadata` first. Both are loaded only where a host is called over HTTPS.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const day = 24 * 60 * 60 * 1000;
  // The clock of the engine's machine may differ.
  const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) };
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const [own, host] = await Promise.all([newKeys(algorithm), newKeys(algorithm)]);
  const name = "CN=gateway-conformance";
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name,
    keys: own,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: "CN=gateway",
    issuer: name,
    publicKey: host.publicKey,
    signingKey: own.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ),
      // Python 3.13 and later refuse a certificate without it.
      await x509.AuthorityKeyIdentifierExtension.create(own.publicKey),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", host.privateKey);
  return {
    certificate: certificate.toString("pem"),
    key: x509.PemConverter.encode(key, "PRIVATE KEY"),
    authority: authority.toString("pem"),
  };
}

async function newKeys(algorithm: webcrypto.EcKeyGenParams): Promise<webcrypto.CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}
