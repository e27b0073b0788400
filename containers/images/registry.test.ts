import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { fullName, pullReference, readImageReference, registryAnswers } from "./registry.ts";

const traefik = { registry: "docker.io", repository: "library/traefik", tag: "v3.5.3" };
const whoami = { registry: "docker.io", repository: "traefik/whoami", tag: "v1.11" };
const litellm = { registry: "ghcr.io", repository: "berriai/litellm", tag: "main-v1.77.1" };

describe("pullReference", () => {
  it.each([
    [traefik, "traefik:v3.5.3", "127.0.0.1:5000/library/traefik:v3.5.3"],
    [whoami, "traefik/whoami:v1.11", "127.0.0.1:5000/traefik/whoami:v1.11"],
    [litellm, "ghcr.io/berriai/litellm:main-v1.77.1", "127.0.0.1:5000/berriai/litellm:main-v1.77.1"],
  ])("is the name as the engine lists it, or the one in the replacing registry: %o", (upstream, own, replaced) => {
    expect(pullReference(upstream)).toBe(own);
    expect(pullReference(upstream, "127.0.0.1:5000")).toBe(replaced);
  });

  it("is shown to people in full", () => {
    expect(fullName(traefik)).toBe("docker.io/library/traefik:v3.5.3");
  });
});

describe("readImageReference", () => {
  it.each([
    ["traefik", "docker.io", "library/traefik", "latest"],
    ["mcp/everything:latest", "docker.io", "mcp/everything", "latest"],
    ["docker.io/library/redis:8", "docker.io", "library/redis", "8"],
    ["docker.litellm.ai/berriai/litellm:v1.77.1-stable", "docker.litellm.ai", "berriai/litellm", "v1.77.1-stable"],
    ["localhost:5000/one:2", "localhost:5000", "one", "2"],
    ["ghcr.io/one/two:v1@sha256:00ff", "ghcr.io", "one/two", "sha256:00ff"],
  ])("reads %s", (image, registry, repository, tag) => {
    expect(readImageReference(image)).toEqual({ registry, repository, tag });
  });

  it("pulls a digest by the digest", () => {
    expect(pullReference(readImageReference("ghcr.io/one/two:v1@sha256:00ff"))).toBe("ghcr.io/one/two@sha256:00ff");
  });
});

describe("registryAnswers", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  async function answering(status: number, headers: Record<string, string> = {}): Promise<string> {
    const started = createServer((request, response) => {
      response.writeHead(request.url === "/v2/" ? status : 404, headers).end();
    }).listen(0, "127.0.0.1");
    server = started;
    await new Promise((resolve) => started.once("listening", resolve));
    return `127.0.0.1:${(started.address() as AddressInfo).port}`;
  }

  it("accepts a 200", async () => {
    expect(await registryAnswers(await answering(200))).toBe(true);
  });

  it("accepts a challenge", async () => {
    expect(await registryAnswers(await answering(401, { "www-authenticate": "Bearer realm=x" }))).toBe(true);
  });

  it("asks the host only, when the replacing registry has a path", async () => {
    expect(await registryAnswers(`${await answering(200)}/mirror`)).toBe(true);
  });

  it("rejects a proxy's refusal", async () => {
    expect(await registryAnswers(await answering(403))).toBe(false);
  });

  it("rejects a closed port", async () => {
    expect(await registryAnswers("127.0.0.1:1")).toBe(false);
  });
});
