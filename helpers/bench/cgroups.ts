import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a container has used until now. */
export interface ContainerUsage {
  /** CPU seconds since it was started; less than before after a restart. */
  cpuSeconds: number;
  /** Bytes of memory that are not a cache of files. */
  memory: number;
  /** Its processes, by their ids on this machine. */
  processes: readonly number[];
}

/** Where control groups are mounted. */
const mount = "/sys/fs/cgroup";

/** An engine's container is a group with a name of 64 hexadecimal digits, e.g. `docker-….scope` below systemd. */
const containerName = /^(?:docker-)?([0-9a-f]{64})(?:\.scope)?$/;

/** The groups of the containers on this machine, read without asking the engine; version 1 and version 2. */
export class ContainerGroups {
  readonly #root: string;
  /** Version 1 has a tree for each kind of resource. */
  readonly #isV1: boolean;

  /** @param root where control groups are mounted; another one for tests */
  constructor(root: string = mount) {
    this.#root = root;
    this.#isV1 = existsSync(join(root, "cpuacct"));
  }

  /** Ids of the containers that run, with the path of each group below the tree's root. */
  containers(): ReadonlyMap<string, string> {
    const tree = this.#isV1 ? join(this.#root, "cpuacct") : this.#root;
    return new Map(
      ["docker", "system.slice"].flatMap((parent) =>
        names(join(tree, parent)).flatMap((name) => {
          const id = containerName.exec(name)?.[1];
          return id === undefined ? [] : [[id, join(parent, name)] as const];
        }),
      ),
    );
  }

  /** Undefined when the container has just ended. */
  usage(group: string): ContainerUsage | undefined {
    try {
      return this.#isV1 ? this.#usageV1(group) : this.#usageV2(group);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  #usageV1(group: string): ContainerUsage {
    const tree = (kind: string, file: string): string => readFileSync(join(this.#root, kind, group, file), "utf8");
    return {
      cpuSeconds: Number(tree("cpuacct", "cpuacct.usage")) / 1e9,
      memory: field(tree("memory", "memory.stat"), "total_rss"),
      processes: numbers(tree("cpuacct", "cgroup.procs")),
    };
  }

  #usageV2(group: string): ContainerUsage {
    const tree = (file: string): string => readFileSync(join(this.#root, group, file), "utf8");
    return {
      cpuSeconds: field(tree("cpu.stat"), "usage_usec") / 1e6,
      memory: field(tree("memory.stat"), "anon"),
      processes: numbers(tree("cgroup.procs")),
    };
  }
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** A value of a file with one name and one number in each line; 0 when it has none. */
function field(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

function numbers(text: string): number[] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : [Number(line)]));
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENODEV";
}
