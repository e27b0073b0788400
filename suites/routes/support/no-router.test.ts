import { expect, test } from "vitest";
import { compose } from "../../../helpers/deployment/broken/broken-deployment.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import { noRouterFailure } from "./no-router.ts";

test("what needs a router follows from the check that asks for all of them, with its cause", async () => {
  using copy = patchedCopy("deployments/reference", [compose('      traefik.enable: "true"\n', "")]);
  const { follows, cause, fix } = noRouterFailure(withTraefik(await loadDeployment(copy.folder)));
  expect(cause).toMatch(/^the labels of 'litellm' have no effect/);
  expect(fix).toBe('add the label traefik.enable: "true"');
  expect(follows).toBe("ROUTE-12/routers-loaded");
});
