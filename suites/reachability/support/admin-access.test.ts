import { expect, test } from "vitest";
import type { Reachability } from "../../../containers/targets/reachability.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { adminListeners } from "../../../helpers/reachability/admin-listeners.ts";
import { expectNobodyElse } from "./admin-access.ts";

const proxy = (networks: string): Patch => ({
  file: "compose.yaml",
  find: "  postgres:\n    image",
  replace: `  sockets:\n    image: tecnativa/docker-socket-proxy:0.3\n    networks: [${networks}]\n  postgres:\n    image`,
});

/** What is said of a proxy of the socket, which a run leaves out: nothing listens, and no connection was tried. */
async function saidOf(networks: string): Promise<string | undefined> {
  using copy = patchedCopy("deployments/reference", [proxy(networks)]);
  const deployment = await loadDeployment(copy.folder);
  const listener = adminListeners(deployment).find(({ service }) => service === "sockets");
  if (listener === undefined) throw new Error("the proxy is not among the administrative listeners");
  const sweep = { sites: [{ name: "sockets", listening: [] }] };
  try {
    expectNobodyElse({ deployment } as Reachability, { cells: [], sweep } as never, listener);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

test("a proxy of the socket that is not run is judged by its networks: Traefik may share one, another part may not", async () => {
  expect(await saidOf("traefik-net")).toMatch(
    /litellm reaches the proxy of Docker's socket of sockets on 2375[\s\S]*share a network/,
  );
  expect(await saidOf("data-net")).toMatch(/postgres/);
});
