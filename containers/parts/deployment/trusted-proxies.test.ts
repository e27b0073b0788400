import { expect, test } from "vitest";
import type { Engine } from "../../engine/engine.ts";
import { trustedProxies } from "./trusted-proxies.ts";

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
