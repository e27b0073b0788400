import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";

/** Variables that name a bundle of certificates, in the tools that honour them. */
const bundleVariables = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/** Where distributions keep the bundle of what the machine trusts: Debian and its kin, Fedora and its kin, Alpine. */
const systemBundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/** The distribution's own certificates, before anybody added one. */
const distributionFolder = "/usr/share/ca-certificates/mozilla";

/**
 * Certificates that this machine trusts beyond its distribution's own: those of a network that re-signs TLS, or of an
 * inside registry. A build must trust them too. Each in PEM form, in an order that depends on nothing but the content.
 */
export function hostCertificates(env: NodeJS.ProcessEnv = process.env): string[] {
  const known = new Set([...rootCertificates, ...distributionCertificates()].map(body));
  const named = bundleVariables.map((name) => env[name]).filter((file) => file !== undefined);
  const extra = new Map<string, string>();
  for (const file of new Set([...named, ...systemBundles])) {
    if (!existsSync(file)) continue;
    for (const pem of certificatesOf(readFileSync(file, "utf8"))) {
      if (!known.has(body(pem))) extra.set(createHash("sha256").update(body(pem)).digest("hex"), pem);
    }
  }
  return [...extra].sort(([a], [b]) => a.localeCompare(b)).map(([, pem]) => pem);
}

function distributionCertificates(): string[] {
  if (!existsSync(distributionFolder)) return [];
  return readdirSync(distributionFolder).map((name) => readFileSync(join(distributionFolder, name), "utf8"));
}

function certificatesOf(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** The encoded certificate alone: line ends and remarks differ between copies of the same one. */
function body(pem: string): string {
  return (certificatesOf(pem)[0] ?? "").replace(/-----[^-]+-----|\s/g, "");
}
