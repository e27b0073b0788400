import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";

/** Environment variables of common tools that name a bundle of certificates. */
const bundleVariables = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/** Where distributions keep the bundle of trusted certificates: the Debian family, the Fedora family, Alpine. */
const systemBundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/** The certificates that come with the distribution. */
const distributionFolder = "/usr/share/ca-certificates/mozilla";

/**
 * Certificates that this machine trusts in addition to those of its distribution, e.g. of a proxy that re-signs TLS, or
 * of an internal registry. A build must trust them too. Each in PEM form, in an order that depends on their content only.
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

/** The encoded certificate only: line ends and comments differ between copies of the same certificate. */
function body(pem: string): string {
  return (certificatesOf(pem)[0] ?? "").replace(/-----[^-]+-----|\s/g, "");
}
