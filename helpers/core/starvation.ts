import { readFileSync } from "node:fs";

/** How much of the time a process that could run had to wait for a CPU, from 0 to 1, over a span of time. */
export interface Starvation {
  share: number;
  /** What it was measured by. */
  by: "pressure" | "steal";
}

/** Ends a span of time that {@link watchStarvation} began. Undefined where this machine measures neither. */
export type StarvationWatch = () => Starvation | undefined;

/**
 * From this share on, a wait that ended at its deadline says more of the machine than of what was waited for. With two busy
 * loops next to a run on two cores it is above 0.9.
 */
export const starvedFrom = 0.5;

/**
 * Begins to measure how long processes wait for a CPU: by the kernel's pressure stall information (`some` of
 * `/proc/pressure/cpu`, in all of the machine), and by the time that a hypervisor takes away (`steal` of `/proc/stat`). The
 * larger share counts.
 *
 * @param read returns a file's text; undefined where it is missing
 */
export function watchStarvation(read: (file: string) => string | undefined = readIfThere): StarvationWatch {
  const began = performance.now();
  const stalled = stalledMicroseconds(read);
  const ticks = cpuTicks(read);
  return () => {
    const found: Starvation[] = [];
    const now = stalledMicroseconds(read);
    const elapsed = (performance.now() - began) * 1000;
    if (stalled !== undefined && now !== undefined && elapsed > 0)
      found.push({ share: Math.min(1, (now - stalled) / elapsed), by: "pressure" });
    const later = cpuTicks(read);
    if (ticks !== undefined && later !== undefined && later.total > ticks.total)
      found.push({ share: (later.steal - ticks.steal) / (later.total - ticks.total), by: "steal" });
    return found.toSorted((one, other) => other.share - one.share)[0];
  };
}

/** A share as people read it, e.g. `97 % of the time a process waited for a CPU`. */
export function starvationText({ share, by }: Starvation): string {
  const percent = `${Math.round(share * 100)} % of the time`;
  return by === "pressure"
    ? `${percent} a process waited for a CPU`
    : `${percent} the hypervisor had taken the CPUs away`;
}

function stalledMicroseconds(read: (file: string) => string | undefined): number | undefined {
  const total = /^some .*\btotal=(\d+)/m.exec(read("/proc/pressure/cpu") ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}

function cpuTicks(read: (file: string) => string | undefined): { steal: number; total: number } | undefined {
  const line = /^cpu +(.+)$/m.exec(read("/proc/stat") ?? "")?.[1];
  if (line === undefined) return undefined;
  // user nice system idle iowait irq softirq steal; guest time is in user already (man 5 proc_stat).
  const ticks = line.trim().split(/ +/).map(Number).slice(0, 8);
  return { steal: ticks[7] ?? 0, total: ticks.reduce((sum, one) => sum + one, 0) };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
