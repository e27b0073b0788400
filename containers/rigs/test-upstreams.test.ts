import { expect, test } from "vitest";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { testServers, wrongPassword } from "./test-upstreams.ts";

test.each([
  ["postgres:5432", "postgres:5432"],
  ["10.0.0.7:5432", "database-10-0-0-7:5432"],
])("the upstream with a wrong password calls the run's database: %s", async (at, host) => {
  using copy = patchedCopy("deployments/reference", [
    { file: "litellm.env.example", find: "@postgres:5432/gateway", replace: `@${at}/gateway` },
  ]);
  const { wrong_dsn: wrong } = testServers(await loadDeployment(copy.folder));
  expect(Object.values(wrong?.env ?? {})).toContain(`postgresql://gateway:${wrongPassword}@${host}/gateway`);
});
