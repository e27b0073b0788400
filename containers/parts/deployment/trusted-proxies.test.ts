import { expect, test } from "vitest";
import type { Engine } from "../../engine/engine.ts";
import { trustedProxies, trustedRanges } from "./trusted-proxies.ts";

/** An engine whose networks all have one subnet. */
const engine = {
  docker: { getNetwork: () => ({ inspect: async () => ({ IPAM: { Config: [{ Subnet: "192.168.144.0/20" }] } }) }) },
} as unknown as Engine;

async function trusted(value: string | undefined): Promise<[string | undefined, number]> {
  const location = { file: "/srv/compose.yaml", line: 1 };
  const environment = new Map(value === undefined ? [] : [["FORWARDED_ALLOW_IPS", { value, location }]]);
  const service = { key: "litellm", location, environment };
  const { environment: added, changes } = await trustedProxies(engine, service, [{ name: "n", id: "1" }]);
  return [added.FORWARDED_ALLOW_IPS, changes.length];
}

test("the run's networks are added where addresses of the operator's networks are trusted", async () => {
  expect(await trusted("10.89.0.0/24")).toEqual(["10.89.0.0/24,192.168.144.0/20", 1]);
  expect(await trusted("127.0.0.1, 172.20.0.5")).toEqual(["127.0.0.1, 172.20.0.5,192.168.144.0/20", 1]);
});

test.each(["*", "127.0.0.1", "203.0.113.9", "traefik", "", undefined])("%s stays as it is", async (value) => {
  expect(await trusted(value)).toEqual([undefined, 0]);
});

test("the run's networks are added to the ranges of LiteLLM's config that name private addresses, and to no others", async () => {
  const general_settings = {
    master_key: "sk-1",
    mcp_trusted_proxy_ranges: ["10.5.0.0/24"],
    mcp_internal_ip_ranges: ["10.0.0.0/8", "100.64.0.0/10"],
    trusted_proxy_ranges: ["203.0.113.0/24"],
  };
  const config = { target: "/app/config.yaml", content: JSON.stringify({ general_settings }) };
  const other = { target: "/app/other.yaml", content: JSON.stringify({ general_settings: null }) };
  const { contents, changes } = await trustedRanges(engine, [config, other], [{ name: "n", id: "1" }]);
  expect([...contents.keys()]).toEqual(["/app/config.yaml"]);
  expect(JSON.parse(contents.get("/app/config.yaml") ?? "")).toEqual({
    general_settings: {
      ...general_settings,
      mcp_trusted_proxy_ranges: ["10.5.0.0/24", "192.168.144.0/20"],
      mcp_internal_ip_ranges: ["10.0.0.0/8", "100.64.0.0/10", "192.168.144.0/20"],
    },
  });
  expect(changes.map(({ where }) => where)).toEqual([
    "config.yaml:general_settings.mcp_trusted_proxy_ranges",
    "config.yaml:general_settings.mcp_internal_ip_ranges",
  ]);
});
