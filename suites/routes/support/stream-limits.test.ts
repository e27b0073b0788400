import { basename } from "node:path";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import type { Patch } from "../../../helpers/deployment/source/patched-copy.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import { streamLimits } from "./stream-limits.ts";

/** `/api/rawdata` as Traefik 3.5.3 gives it for the example's file provider, as far as limits depend on it. */
const rawData = JSON.stringify({
  routers: {
    "api@file": { entryPoints: ["websecure"], middlewares: ["chain-api@file"], service: "litellm", status: "enabled" },
    "deny@file": { entryPoints: ["websecure"], middlewares: ["nobody@file"], service: "litellm", status: "enabled" },
  },
  middlewares: {
    "chain-api@file": { chain: { middlewares: ["body@file", "rate@file"] }, status: "enabled", usedBy: ["api@file"] },
    "body@file": { buffering: { maxRequestBodyBytes: 10485760 }, status: "enabled" },
    "rate@file": { rateLimit: { average: 100 }, status: "enabled" },
    "nobody@file": { ipAllowList: { sourceRange: ["0.0.0.0/32"] }, status: "enabled", usedBy: ["deny@file"] },
  },
  services: {
    "litellm@file": {
      loadBalancer: { servers: [{ url: "http://litellm:4000" }], serversTransport: "slow@file" },
      status: "enabled",
    },
  },
});

async function limitsWith(patches: readonly Patch[], router: string) {
  using copy = patchedCopy("deployments/examples/allow-list", patches);
  const { traefikModel } = withTraefik(await loadDeployment(copy.folder));
  return streamLimits(traefikModel, rawData, router).map(({ code, summary, location }) => ({
    code,
    summary,
    file: basename(location?.file ?? ""),
  }));
}

test("buffering behind a chain and a servers transport's time-out are named with their file", async () => {
  expect(await limitsWith([], "api@file")).toEqual([
    {
      code: "buffered-stream",
      summary: "the buffering middleware body@file holds every stream back until it is over",
      file: "api.yml",
    },
    {
      code: "stream-limit",
      summary: "responseHeaderTimeout 20s cuts every call that takes longer before its first byte",
      file: "api.yml",
    },
  ]);
});

test("a time-out for which every client waits is not a fault", async () => {
  const patch = { file: "dynamic/api.yml", find: "responseHeaderTimeout: 20s", replace: "responseHeaderTimeout: 90s" };
  expect((await limitsWith([patch], "api")).map(({ code }) => code)).toEqual(["buffered-stream"]);
});

test("an entry point that ends every answer is named", async () => {
  const patch = {
    file: "traefik.yaml",
    find: 'address: ":443",',
    replace: 'address: ":443", transport: { respondingTimeouts: { writeTimeout: 30s } },',
  };
  expect((await limitsWith([patch], "deny@file")).map(({ summary }) => summary)).toContain(
    "writeTimeout 30s ends every stream after 30 s",
  );
});
