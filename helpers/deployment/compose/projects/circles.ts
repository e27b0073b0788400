import type { FaultList } from "../../source/fault-list.ts";
import type { ComposeService } from "../types.ts";

/** Adds a fault for services that wait for each other, which compose refuses. */
export function checkCircles(services: ReadonlyMap<string, ComposeService>, faults: FaultList): void {
  const done = new Set<string>();
  const visit = (key: string, chain: readonly string[]): void => {
    if (done.has(key)) return;
    for (const [other, { location }] of services.get(key)?.dependsOn ?? []) {
      const circle = [...chain, key];
      const from = circle.indexOf(other);
      if (from === -1) visit(other, circle);
      else
        faults.add(
          location,
          `services wait for each other: ${[...circle.slice(from), other].join(" → ")}`,
          "remove one of these 'depends_on'",
        );
    }
    done.add(key);
  };
  for (const key of services.keys()) visit(key, []);
}
