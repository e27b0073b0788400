import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Linux counts CPU time of processes in hundredths of a second, whatever the kernel's own clock is (`man 5 proc`). */
const ticksPerSecond = 100;

/** A process of this machine. */
export interface ProcessUsage {
  /** The program's name, at most 15 characters. */
  name: string;
  parent: number;
  /** CPU seconds of the process itself. */
  own: number;
  /** CPU seconds of its children that have ended and that it has waited for, and of theirs. */
  children: number;
}

/** The processes of this machine, read from `/proc`. */
export class Processes {
  readonly #root: string;

  /** @param root another one for tests */
  constructor(root = "/proc") {
    this.#root = root;
  }

  /** Ids of all processes. */
  all(): number[] {
    return readdirSync(this.#root).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  }

  /** Undefined when there is no such process any more. */
  usage(pid: number | "self"): ProcessUsage | undefined {
    const text = this.#read(pid, "stat");
    if (text === undefined) return undefined;
    // The name may contain spaces and parentheses; the fields after the last `)` are regular.
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    const seconds = (index: number): number => Number(fields[index] ?? 0) / ticksPerSecond;
    return {
      name: text.slice(text.indexOf("(") + 1, end),
      parent: Number(fields[1] ?? 0),
      own: seconds(11) + seconds(12),
      children: seconds(13) + seconds(14),
    };
  }

  /** The arguments of a process; empty when it has ended. */
  commandLine(pid: number): readonly string[] {
    return (this.#read(pid, "cmdline") ?? "").split("\0").filter((one) => one !== "");
  }

  /** The most memory that a process has had, in bytes. */
  peakMemory(pid: number): number {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(this.#read(pid, "status") ?? "")?.[1] ?? 0) * 1_024;
  }

  /** CPU seconds of the whole machine since its start, without idling. */
  machine(): number {
    const [line = ""] = readFileSync(join(this.#root, "stat"), "utf8").split("\n");
    // user, nice, system, idle, iowait, irq, softirq; what follows is stolen, or counted in user already.
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
    return (user + nice + system + irq + softirq) / ticksPerSecond;
  }

  #read(pid: number | "self", file: string): string | undefined {
    try {
      return readFileSync(join(this.#root, String(pid), file), "utf8");
    } catch {
      return undefined;
    }
  }
}
