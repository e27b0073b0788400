import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import { forwardAuthServices, standInEndpoints } from "./forward-auth.ts";

const address = { file: "traefik/dynamic.yaml", find: "address: http://oauth2-proxy:4180/" };
const served = { file: "traefik/dynamic.yaml", find: 'url: "http://oauth2-proxy:4180"' };

test.for([
  ["where the middleware asks", [], [{ port: 4180, path: "/" }]],
  [
    "at the port of the service where no middleware asks it",
    [{ ...address, replace: "address: http://oauth2-proxi:4180/" }],
    [{ port: 4180, path: "/nobody-asks" }],
  ],
  [
    "at any port where Traefik does not forward to the service either",
    [
      { ...address, replace: "address: http://oauth2-proxi:4180/" },
      { ...served, replace: 'url: "http://oauth2-proxi:4180"' },
    ],
    [{ port: 80, path: "/nobody-asks" }],
  ],
] as const)("the stand-in of a login service listens %s", async ([_, patches, expected]) => {
  using copy = patchedCopy("deployments/examples/keycloak", patches);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const endpoints = forwardAuthServices(deployment).map((one) => standInEndpoints(deployment, one));
  expect(endpoints).toEqual([expected]);
});
