import { expect, test } from "vitest";
import { liveView } from "./live-view.ts";

test("Traefik's live routers, with chains resolved and Traefik's own entry point left out", () => {
  const data = {
    routers: {
      "litellm@docker": {
        entryPoints: ["web"],
        middlewares: ["chain@file"],
        service: "litellm",
        rule: "Host(`ai.lan`)",
        priority: 5,
        tls: {},
        status: "enabled",
        using: ["web"],
      },
      "broken@docker": { entryPoints: ["web"], service: "x", rule: "Host(`x.lan`)", status: "disabled" },
      "api@internal": {
        entryPoints: ["traefik"],
        service: "api@internal",
        rule: "PathPrefix(`/api`)",
        status: "enabled",
      },
    },
    middlewares: {
      "chain@file": { chain: { middlewares: ["key", "list@docker"] }, status: "enabled", usedBy: ["litellm@docker"] },
      "key@file": { headers: { customRequestHeaders: { Authorization: "Bearer x" } }, status: "enabled" },
      "list@docker": { ipAllowList: { sourceRange: ["10.0.0.0/8", "::1"], rejectStatusCode: 401 }, status: "enabled" },
    },
    services: {},
  };
  const { routers } = liveView(JSON.stringify(data), [{ name: "web", port: 80 }], () => true);
  expect(routers).toHaveLength(1);
  expect(routers[0]).toMatchObject({
    name: "litellm@docker",
    tls: true,
    service: "litellm@docker",
    entryPoints: ["web"],
  });
  expect(routers[0]?.middlewares).toEqual([
    { name: "key@file", kind: "headers", options: new Map([["customrequestheaders.authorization", "Bearer x"]]) },
    {
      name: "list@docker",
      kind: "ipallowlist",
      options: new Map([
        ["sourcerange", "10.0.0.0/8,::1"],
        ["rejectstatuscode", "401"],
      ]),
    },
  ]);
});
