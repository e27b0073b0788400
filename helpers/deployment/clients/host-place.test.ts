import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { placeAtHost } from "./host-place.ts";

/** What differs from the reference. */
interface Setting {
  /** LiteLLM's entry under `ports:`. */
  published?: string;
  /** A part of a rule of Traefik's, and what is there instead. */
  rule?: { find: string; replace: string };
  /** The lines of one more service. */
  service?: string;
}

/** What an address of Codex's is called in a run, or why it does not lead to the gateway. */
async function placeOf(
  { published = "4000:4000", rule, service = "" }: Setting,
  url: string,
): Promise<string | undefined> {
  const services = "\nnetworks:\n  traefik-net:\n    name";
  using copy = patchedCopy("deployments/reference", [
    { file: "compose.yaml", find: '- "4000:4000"', replace: `- "${published}"` },
    { file: "compose.yaml", find: services, replace: `\n${service}${services}` },
    ...(rule === undefined ? [] : [{ file: "compose.yaml", ...rule }]),
  ]);
  const deployment = await loadDeployment(copy.folder);
  const codex = deployment.policy.clients.find(({ kind }) => kind === "codex");
  if (codex === undefined) throw new Error("the policy names no Codex");
  const place = placeAtHost(deployment, codex, url);
  if (place?.leadsTo === "gateway") return place.url;
  if (place?.leadsTo === "unknown") return `unknown: ${place.why}`;
  return place && `${place.fault}; ${place.fix}`;
}

test.each([
  ["4000:4000", "http://localhost:4000/v1", "http://litellm:4000/v1"],
  ["8400:4000", "http://127.0.0.1:8400/mcp/?x=1", "http://litellm:4000/mcp/?x=1"],
  ["127.0.0.1:8400:4000", "http://[::1]:8400", "http://litellm:4000"],
  ["4000:4000", "http://192.168.1.10:4000/v1", "http://litellm:4000/v1"],
  ["192.168.1.10:4000:4000", "http://192.168.1.10:4000/v1", "http://litellm:4000/v1"],
  ["127.0.0.1:4000:4000", "http://host.docker.internal:4000/v1", "http://litellm:4000/v1"],
])("%s: %s leads to LiteLLM", async (published, url, called) => {
  expect(await placeOf({ published }, url)).toBe(called);
});

test.each([
  [
    "127.0.0.1:4000:4000",
    "http://192.168.1.10:4000/v1",
    /^litellm publishes port 4000 at 127\.0\.0\.1 only \(.*compose\.yaml:\d+\), which 192\.168\.1\.10 does not reach; publish a port of litellm at an address that 192/,
  ],
  [
    "192.168.1.10:4000:4000",
    "http://localhost:4000/v1",
    /^litellm publishes port 4000 at 192\.168\.1\.10 only \(.*compose\.yaml:\d+\), which lo/,
  ],
  [
    "8400:4000",
    "http://localhost:4000/v1",
    /^no service publishes port 4000 on the host \(80 is traefik's, .*; 8400 is litellm's, .*compose\.yaml:\d+\); call http:\/\/localhost:8400\/v1 \(.*compose\.yaml:\d+\)$/,
  ],
  ["4000:4000", "https://localhost:4000/v1", /^litellm answers over http on port 4000, not over https/],
  [
    "4000:4000",
    "http://localhost/v1",
    /^port 80 of the host is that of traefik \(.*\), which has no router for localhost, and localhost is not one of/,
  ],
])("%s: %s does not", async (published, url, fault) => {
  expect(await placeOf({ published }, url)).toMatch(fault);
});

test("a host of the policy, and any other name, is not the host itself", async () => {
  expect(await placeOf({}, "http://litellm.linuxserver.lan/v1")).toBeUndefined();
  expect(await placeOf({}, "http://llm.example:4000/v1")).toBeUndefined();
  expect(await placeOf({}, "nonsense")).toBeUndefined();
});

test("Traefik's port leads to the gateway where a router takes any host", async () => {
  const host = "Host(`litellm.linuxserver.lan`)";
  const anyHost = { rule: { find: `${host} && HeaderRegexp`, replace: "HeaderRegexp" } };
  expect(await placeOf({}, "http://localhost/v1")).toMatch(/no router for localhost/);
  expect(await placeOf(anyHost, "http://127.0.0.1/v1")).toBe("http://traefik:80/v1");
  expect(await placeOf(anyHost, "https://localhost/v1")).toMatch(/^unknown: no certificate/);
});

test("another service's port is a fault, that of a proxy is not judged, and neither is a program on the host's network", async () => {
  const other = (image: string, rest: string): string => `  other:\n    image: ${image}\n    ${rest}\n`;
  const url = "http://localhost:8081/v1";
  const ports = 'ports: ["8081:80"]';
  expect(await placeOf({ service: other("redis:8", ports) }, url)).toMatch(
    /^port 8081 of the host is that of other \(.*\), not of litellm; call http:\/\/localhost:4000\/v1/,
  );
  expect(await placeOf({ service: other("nginx:1", ports) }, url)).toMatch(/^unknown: .*which is nginx/);
  expect(await placeOf({ service: other("redis:8", "network_mode: host") }, url)).toMatch(
    /^unknown: .*other may listen there itself/,
  );
});
