import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import { deploymentRouting } from "./deployment-routing.ts";

test("a request that Traefik sends to another service has no server of LiteLLM", async () => {
  const grafana = `services:
  grafana:
    image: grafana/grafana:11.0.0
    labels:
      traefik.http.routers.grafana.rule: Host(\`litellm.linuxserver.lan\`) && PathPrefix(\`/grafana\`)
      traefik.http.services.grafana.loadbalancer.server.port: 3000
`;
  using copy = patchedCopy("deployments/reference", [{ file: "compose.yaml", find: "services:\n", replace: grafana }]);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const routing = (router: string) => deploymentRouting(deployment, { router, server: "10.0.0.9:80", status: 502 });
  expect(routing("grafana@docker")).toEqual({ router: "grafana@docker", server: undefined, status: 502 });
  expect(routing("litellm-public@docker").server).toBe("10.0.0.9:80");
  expect(routing("nobody-knows@docker").server).toBe("10.0.0.9:80");
});
