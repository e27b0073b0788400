import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import type { Deployment } from "../types.ts";
import { asTheRunCalls, codexCallsByHost, liteLLMOrigin, placeAtHost } from "./host-place.ts";

/** The reference, with LiteLLM's port published like this. */
async function withPort<T>(published: string, use: (deployment: Deployment) => T): Promise<T> {
  using copy = patchedCopy("deployments/reference", [
    { file: "compose.yaml", find: '- "4000:4000"', replace: `- "${published}"` },
  ]);
  return use(await loadDeployment(copy.folder));
}

function codexOf({ policy }: Deployment): Deployment["policy"]["clients"][number] {
  const found = policy.clients.find(({ kind }) => kind === "codex");
  if (found === undefined) throw new Error("the policy names no Codex");
  return found;
}

/** What LiteLLM is called in a run, or why an address of the host does not lead to it. */
async function placeOf(published: string, url: string): Promise<string | undefined> {
  return await withPort(published, (deployment) => {
    const place = placeAtHost(deployment, codexOf(deployment), url);
    return place?.leadsTo === "litellm" ? place.url : place?.fault;
  });
}

test.each([
  ["4000:4000", "http://localhost:4000/v1", "http://litellm:4000/v1"],
  ["8400:4000", "http://127.0.0.1:8400/mcp/?x=1", "http://litellm:4000/mcp/?x=1"],
  ["127.0.0.1:8400:4000", "http://[::1]:8400", "http://litellm:4000"],
  ["4000:4000", "http://192.168.1.10:4000/v1", "http://litellm:4000/v1"],
  ["192.168.1.10:4000:4000", "http://192.168.1.10:4000/v1", "http://litellm:4000/v1"],
  ["127.0.0.1:4000:4000", "http://host.docker.internal:4000/v1", "http://litellm:4000/v1"],
])("%s: %s leads to LiteLLM", async (published, url, called) => {
  expect(await placeOf(published, url)).toBe(called);
});

test.each([
  [
    "127.0.0.1:4000:4000",
    "http://192.168.1.10:4000/v1",
    /^litellm publishes port 4000 at 127\.0\.0\.1 only, which 192/,
  ],
  [
    "192.168.1.10:4000:4000",
    "http://localhost:4000/v1",
    /^litellm publishes port 4000 at 192\.168\.1\.10 only, which lo/,
  ],
  ["4000:4000", "http://localhost:4001/v1", /^no service publishes port 4001 on the host \(litellm publishes 4000\)$/],
  ["4000:4000", "https://localhost:4000/v1", /^litellm answers over http on port 4000, not over https$/],
  ["4000:4000", "http://localhost/v1", /^port 80 of the host is that of traefik, and localhost is not one of/],
])("%s: %s does not", async (published, url, fault) => {
  expect(await placeOf(published, url)).toMatch(fault);
});

test("a host of the policy, and any other name, is not the host itself", async () => {
  expect(await placeOf("4000:4000", "http://litellm.linuxserver.lan/v1")).toBeUndefined();
  expect(await placeOf("4000:4000", "http://llm.example:4000/v1")).toBeUndefined();
  expect(await placeOf("4000:4000", "nonsense")).toBeUndefined();
});

test("in a config a run calls LiteLLM by its name", async () => {
  const config = 'base_url = "http://localhost:4000/v1"\nurl = "http://localhost:4001/mcp/"\n';
  await withPort("4000:4000", (deployment) => {
    expect(asTheRunCalls(deployment, codexOf(deployment), config)).toBe(
      'base_url = "http://litellm:4000/v1"\nurl = "http://localhost:4001/mcp/"\n',
    );
    expect(liteLLMOrigin(deployment.litellm)).toBe("http://litellm:4000");
  });
});

test("Codex calls by the host where a setting says so, not a comment", async () => {
  const calls = async (replace: string): Promise<boolean> => {
    using copy = patchedCopy("deployments/reference", [
      { file: "clients/codex/config.toml", find: "# With the slash: 1.77.1 redirects `/mcp`.", replace },
    ]);
    return codexCallsByHost(await loadDeployment(copy.folder));
  };
  expect(await calls("# http://localhost:4000/mcp/")).toBe(false);
  expect(await calls('other = "http://localhost:4000/mcp/"')).toBe(true);
});
