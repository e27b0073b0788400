import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Reachability } from "../../../containers/targets/reachability.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
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

test("Traefik's API is shown where it is opened, with the option that closes it", async () => {
  using copy = patchedCopy("deployments/examples/two-projects", []);
  const deployment = await loadDeployment(copy.folder);
  const listener = adminListeners(deployment).find(({ name }) => name === "Traefik's API");
  if (listener === undefined) throw new Error("the API is not among the administrative listeners");
  const [shared = ""] = deployment.traefik?.networks.keys() ?? [];
  const cells = [{ from: "litellm", to: "traefik", address: "10.0.0.2", port: 8083, verdict: "open", shared }];
  const sweep = { sites: [{ name: "traefik", listening: [{ port: 8083 }] }] };
  try {
    expectNobodyElse({ deployment } as Reachability, { cells, sweep, table: "" } as never, listener);
    expect.unreachable("the API is reached, and nothing is reported");
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    expect(error.details.location).toEqual(listener.location);
    expect(error.details.location?.file).toMatch(/traefik\/traefik\.yml$/);
    expect(error.details.fix).toBe(
      "set api.insecure to false, or name those who may reach it under 'reach' of the policy",
    );
  }
});

test.for<[string, Patch, string]>([
  [
    "a service that joined the database's network",
    { file: "compose.yaml", find: "      traefik-net:\n", replace: "      data-net: {}\n      traefik-net:\n" },
    "data-net: {}",
  ],
  [
    "a database that joined a network",
    {
      file: "compose.yaml",
      find: "    networks: [data-net]",
      replace: "    networks:\n      data-net:\n      traefik-net: {}",
    },
    "traefik-net: {}",
  ],
])("the line of %s is named", async ([_, patch, line]) => {
  using copy = patchedCopy("deployments/reference", [patch]);
  const deployment = await loadDeployment(copy.folder);
  const listener = adminListeners(deployment).find(({ service }) => service === "postgres");
  if (listener === undefined) throw new Error("the database is not among the administrative listeners");
  const shared = line.split(":")[0];
  const cells = [{ from: "traefik", to: "postgres", address: "10.0.0.2", port: 5432, verdict: "open", shared }];
  const sweep = { sites: [{ name: "postgres", listening: [{ port: 5432 }] }] };
  try {
    expectNobodyElse({ deployment }, { cells, sweep } as never, listener);
    expect.unreachable("the database is reached, and nothing is reported");
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    const { file = "", line: at = 0 } = error.details.location ?? {};
    expect(readFileSync(file, "utf8").split("\n")[at - 1]?.trim()).toBe(line);
  }
});
