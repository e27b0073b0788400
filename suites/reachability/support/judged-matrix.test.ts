import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import type { Cell } from "../../../helpers/reachability/matrix.ts";
import { withoutLeftOut } from "./judged-matrix.ts";

test("a published port of a service that the run leaves out is not judged at the gateway host, and elsewhere it is", async () => {
  using copy = patchedCopy("deployments/reference", [
    {
      file: "compose.yaml",
      find: "  postgres:\n    image",
      replace: '  grafana:\n    image: grafana/grafana\n    ports: ["3000:3000"]\n  postgres:\n    image',
    },
  ]);
  const deployment = await loadDeployment(copy.folder);
  const cells = [
    { to: "gateway-host", port: 3000 },
    { to: "gateway-host", port: 4000 },
    { to: "grafana", port: 3000 },
  ] as Cell[];
  expect(withoutLeftOut(cells, deployment)).toEqual(cells.slice(1));
});
