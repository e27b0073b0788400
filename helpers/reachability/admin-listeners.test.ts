import { expect, test } from "vitest";
import { loadDeployment } from "../deployment/load.ts";
import { type Patch, patchedCopy } from "../deployment/source/patched-copy.ts";
import { adminListeners, socketMounts } from "./admin-listeners.ts";

async function found(source: string, patches: readonly Patch[] = []) {
  using copy = patchedCopy(source, patches);
  const deployment = await loadDeployment(copy.folder);
  return {
    listeners: adminListeners(deployment).map(({ name, service, port }) => ({ name, service, port })),
    sockets: socketMounts(deployment).map(({ service }) => service),
  };
}

test("a database, Redis, and the API of Traefik are found where they are open", async () => {
  expect(await found("deployments/examples/two-projects")).toEqual({
    listeners: [{ name: "Traefik's API", service: "traefik", port: 8083 }],
    sockets: [],
  });
  expect((await found("deployments/examples/database")).listeners).toEqual([
    { name: "the database", service: "litellm-db", port: 5432 },
    { name: "Redis", service: "redis", port: 6379 },
  ]);
});

test("an API on the loopback is none", async () => {
  expect((await found("deployments/reference")).listeners.map(({ service }) => service)).toEqual(["postgres"]);
});

test("Traefik may have the engine's socket; another part of the gateway may not", async () => {
  const mount = {
    file: "compose.yaml",
    find: "      - postgres-data:/var/lib/postgresql/data",
    replace: "      - postgres-data:/var/lib/postgresql/data\n      - /var/run/docker.sock:/var/run/docker.sock",
  };
  expect((await found("deployments/reference", [mount])).sockets).toEqual(["postgres"]);
});
