import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hostCertificates } from "./host-certificates.ts";

const [wellKnown = ""] = rootCertificates;
const own = "-----BEGIN CERTIFICATE-----\nT3duIGNlcnRpZmljYXRl\n-----END CERTIFICATE-----";
const other = "-----BEGIN CERTIFICATE-----\nT3RoZXIgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "host-certificates-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function bundle(name: string, ...certificates: string[]): string {
  const file = join(folder, name);
  writeFileSync(file, certificates.map((pem) => `# a comment\n${pem}\n`).join("\n"));
  return file;
}

/** The machine that runs the tests may trust additional certificates itself. */
const machine = hostCertificates({});

describe("hostCertificates", () => {
  it("are those that are not part of the distribution", () => {
    const found = hostCertificates({ SSL_CERT_FILE: bundle("ca.pem", wellKnown, own) });
    expect(found).toContain(own);
    expect(found).toHaveLength(machine.length + 1);
  });

  it("are empty when the bundle is the distribution's own", () => {
    expect(hostCertificates({ PIP_CERT: bundle("ca.pem", wellKnown) })).toEqual(machine);
  });

  it("come from every variable, each once, in an order that depends on the content only", () => {
    const one = bundle("one.pem", own, other);
    const two = bundle("two.pem", other, own.replaceAll("\n", "\r\n"));
    const found = hostCertificates({ NODE_EXTRA_CA_CERTS: one, CURL_CA_BUNDLE: two });
    expect(found).toHaveLength(machine.length + 2);
    expect(hostCertificates({ NODE_EXTRA_CA_CERTS: bundle("three.pem", other, own) })).toEqual(
      hostCertificates({ NODE_EXTRA_CA_CERTS: one }),
    );
  });

  it("ignore a file that does not exist", () => {
    expect(hostCertificates({ SSL_CERT_FILE: join(folder, "gone.pem") })).toEqual(machine);
  });
});
