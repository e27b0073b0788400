import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compose } from "../../../helpers/deployment/broken/broken-deployment.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import { whyTrusted } from "./trusted-headers.ts";

/** The cause, and the line that it is located at. */
async function causeOf(name: string, patches: readonly Patch[] = []) {
  using copy = patchedCopy("deployments/reference", patches);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const { cause, location, fix } = whyTrusted(deployment, { entryPoint: "web" }, name);
  const text = location && readFileSync(location.file, "utf8").split("\n")[location.line - 1];
  return { cause, at: text?.trim(), fix };
}

const insecure = compose(
  "      - --entryPoints.web.address=:80\n",
  "      - --entryPoints.web.address=:80\n      - --entryPoints.web.forwardedHeaders.insecure=true\n",
);

test("X-Forwarded-Prefix that no option trusts is a fault of Traefik's version, at its image", async () => {
  expect(await causeOf("X-Forwarded-Prefix")).toEqual({
    cause: expect.stringContaining("CVE-2024-52003"),
    at: expect.stringMatching(/^image: \S*traefik/),
    fix: "run Traefik 2.11.14, or 3.2.1 or newer",
  });
});

const trusted = compose(
  "      - --entryPoints.web.address=:80\n",
  "      - --entryPoints.web.address=:80\n      - --entryPoints.web.forwardedHeaders.trustedIPs=10.0.0.0/8\n",
);

test.each([
  ["v3.1.0", "X-Forwarded-Prefix", /^image: traefik:v3\.1\.0$/],
  ["v2.11.2", "X-Forwarded-Prefix", /^image: traefik:v2\.11\.2$/],
  ["v3.1", "X-Forwarded-Prefix", /^image: traefik:v3\.1$/],
  ["v3", "X-Forwarded-Prefix", /trustedIPs/],
  ["v3.1.0", "X-Real-Ip", /trustedIPs/],
  ["v3.5.3", "X-Forwarded-Prefix", /trustedIPs/],
])("with trustedIPs, Traefik %s and a client's %s", async (tag, name, at) => {
  const image = compose("image: traefik:v3.5.3", `image: traefik:${tag}`);
  expect((await causeOf(name, [trusted, image])).at).toMatch(at);
});

test.each(["X-Forwarded-Prefix", "X-Real-Ip"])("%s that an entry point trusts is at that option", async (name) => {
  expect(await causeOf(name, [insecure])).toMatchObject({
    cause: expect.stringContaining("the entry point trusts forwarding headers"),
    at: "- --entryPoints.web.forwardedHeaders.insecure=true",
  });
});
