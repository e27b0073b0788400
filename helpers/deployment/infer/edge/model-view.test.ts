import { expect, test } from "vitest";
import { loadDeployment } from "../../load.ts";
import { patchedCopy } from "../../source/patched-copy.ts";
import { harmlessOwnPort } from "./model-view.ts";

/** @param flags in place of the reference's API, which listens on the loopback */
async function ownPort(...flags: string[]): Promise<number | undefined> {
  const find =
    "      - --api.insecure=true\n      - --api.dashboard=false\n      - --entryPoints.traefik.address=127.0.0.1:8080\n";
  const replace = flags.map((flag) => `      - ${flag}\n`).join("");
  using copy = patchedCopy("deployments/reference", [{ file: "compose.yaml", find, replace }]);
  const { traefikModel } = await loadDeployment(copy.folder);
  if (traefikModel === undefined) throw new Error("the reference has no Traefik");
  return harmlessOwnPort(traefikModel);
}

test("pings and metrics on Traefik's own entry point are open to its neighbours, and nothing else is meant to be", async () => {
  expect(await ownPort("--entryPoints.traefik.address=:8081", "--ping=true")).toBe(8081);
  expect(await ownPort("--metrics.prometheus=true")).toBe(8080);
  expect(await ownPort("--entryPoints.traefik.address=127.0.0.1:8081", "--ping=true")).toBeUndefined();
  expect(await ownPort("--ping=true", "--api.insecure=true")).toBeUndefined();
  expect(await ownPort("--ping=true", "--providers.rest.insecure=true")).toBeUndefined();
});
