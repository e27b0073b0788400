import { expect, test } from "vitest";
import type { ComposeService } from "../helpers/deployment/types.ts";
import { publications, publishingRules } from "./gateway-host.ts";
import type { PartHandle } from "./part.ts";

const place = { file: "compose.yaml", line: 1 };
const service = (ports: [number, number, "tcp" | "udp"][]): ComposeService =>
  ({
    ports: ports.map(([host, container, protocol]) => ({ host, container, protocol, place })),
  }) as unknown as ComposeService;
const part = (address: string): PartHandle => ({ addresses: { "run-traefik-net": address } }) as unknown as PartHandle;

test("each published TCP port leads to its part on the shared network", () => {
  const published = publications(
    [
      {
        service: service([
          [80, 8000, "tcp"],
          [53, 53, "udp"],
        ]),
        part: part("10.0.0.2"),
      },
      { service: service([[4000, 4000, "tcp"]]), part: part("10.0.0.3") },
      { service: service([[5432, 5432, "tcp"]]), part: undefined },
    ],
    "run-traefik-net",
  );
  expect(publishingRules(published)).toContain("dport map { 80 : 10.0.0.2 . 8000, 4000 : 10.0.0.3 . 4000 }");
});
