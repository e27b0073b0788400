import { type Run, runLabel } from "../engine/run-labels.ts";
import type { RigState } from "../rigs/rig.ts";

/** How to reach the parts that `KEEP=1` leaves running, and the command that removes them; one line each. */
export function keptPartsText(run: Run, rigs: readonly RigState[]): string[] {
  const lines = ["kept, because KEEP=1:"];
  for (const { rig, parts } of rigs) {
    for (const part of Object.values(parts)) {
      const ports = Object.entries(part.ports).map(([port, published]) => `${port} at ${part.host}:${published}`);
      const shell = `docker exec -it ${part.containerId.slice(0, 12)} sh`;
      lines.push(`  ${rig}/${part.name}: ${[shell, ports.join(", ")].filter(Boolean).join("; ")}`);
    }
  }
  const filter = `label=${runLabel}=${run.id}`;
  const containers = `docker rm -fv $(docker ps -aq --filter ${filter})`;
  const networks = `docker network rm $(docker network ls -q --filter ${filter})`;
  lines.push(`  remove it: ${containers}; ${networks}`);
  return lines;
}
