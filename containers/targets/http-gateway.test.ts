import { expect, test } from "vitest";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import type { AccessRule, Deployment, PolicyHost } from "../../helpers/deployment/types.ts";
import { RecordingClient } from "../../helpers/protocol/recording-client.ts";
import { HttpGateway } from "./http-gateway.ts";
import { Once } from "./providers/once.ts";

class GatewayWithOwnPort extends HttpGateway {
  protected override get ownOrigin(): string {
    return "http://127.0.0.1:4000";
  }

  override secret(name: string): string {
    return name;
  }
}

const reference = await loadDeployment("deployments/reference");

/** The reference's gateway with one host, whose rules are these. */
function gatewayWith(access: readonly Partial<AccessRule>[]): HttpGateway {
  const [first] = reference.policy.hosts;
  if (first === undefined) throw new Error("the reference names no host");
  const every = { methods: undefined, paths: undefined, statuses: undefined, challenge: undefined, to: undefined };
  const rules = access.map((rule) => ({ ...every, location: first.location, ...rule }) as AccessRule);
  const host: PolicyHost = { ...first, name: "llm.example", scheme: "http", port: undefined, access: rules };
  const deployment: Deployment = { ...reference, policy: { ...reference.policy, hosts: [host], injectedRoutes: [] } };
  return new GatewayWithOwnPort({
    deployment,
    http: new RecordingClient("test", (_scheme, name, port) => ({ host: name, port })),
    once: new Once(),
  });
}

test("a path that the edge refuses or redirects for everybody is asked at LiteLLM's own port, every other at the host", () => {
  const own = "http://127.0.0.1:4000/mcp/";
  expect(gatewayWith([{ who: "litellm" }]).url("/mcp/")).toBe("http://llm.example/mcp/");
  expect(gatewayWith([{ who: "nobody", paths: ["/mcp/"] }, { who: "litellm" }]).url("/mcp/")).toBe(own);
  expect(gatewayWith([{ who: "redirect", to: "https" }]).url("/mcp/")).toBe(own);
  expect(gatewayWith([{ who: "nobody", methods: ["POST"] }, { who: "litellm" }]).url("/mcp/")).toContain("llm.example");
});
