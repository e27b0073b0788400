import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import { locationOf, type YamlMap } from "../source/yaml-tree.ts";
import { isTrue, type ServiceData } from "./compose-shape.ts";
import type { ComposeVolume, Mount } from "./types.ts";

interface MountContext {
  /** Absolute path of the deployment's folder. */
  folder: string;
  /** The declared volumes, by key. */
  volumes: ReadonlyMap<string, ComposeVolume>;
  faults: FaultList;
}

/** The bind mounts and volumes of a service; `tmpfs` mounts are left out. */
export function readMounts(
  node: YamlMap,
  data: ServiceData,
  within: string,
  { folder, volumes, faults }: MountContext,
): Mount[] {
  const mounts: Mount[] = [];
  for (const [index, entry] of (data.volumes ?? []).entries()) {
    const location = locationOf(node, ["volumes", index]);
    const mount = typeof entry === "string" ? shortMount(entry) : entry;
    if (mount.type === "tmpfs") continue;
    if (mount.source === undefined || mount.source === "") {
      faults.add(
        location,
        `${within}.volumes[${index}] has no source: an anonymous volume`,
        "name a volume, or a path that begins with './'",
      );
      continue;
    }
    if (!isAbsolute(mount.target)) {
      faults.add(
        location,
        `${within}.volumes[${index}]: the target '${mount.target}' is not an absolute path`,
        "begin it with '/'",
      );
      continue;
    }
    const kind = mount.type ?? (/^[./~]/.test(mount.source) ? "bind" : "volume");
    const source = kind === "bind" ? hostPath(mount.source, folder) : mount.source;
    if (kind === "volume" && !volumes.has(source)) {
      faults.add(
        location,
        `the volume '${source}' is not declared`,
        suggest(source, volumes.keys(), `add '${source}:' under the top level's 'volumes:', or begin a path with './'`),
      );
    }
    // A relative path belongs to the deployment; an absolute one, e.g. the engine's socket, to the gateway host.
    if (kind === "bind" && !isAbsolute(mount.source) && !existsSync(source)) {
      faults.add(
        location,
        `'${mount.source}' is mounted but missing: docker would create an empty directory in its place`,
        "write the file, or fix the path",
      );
    }
    const target = mount.target.length > 1 ? mount.target.replace(/\/+$/, "") : mount.target;
    const before = mounts.find((other) => other.target === target);
    if (before !== undefined) {
      faults.add(
        location,
        `${target} is mounted a second time (first in line ${before.location.line})`,
        "keep one of the two",
      );
    }
    mounts.push({ source, kind, target, readOnly: isTrue(mount.read_only), location });
  }
  return mounts;
}

function shortMount(text: string): {
  type?: "bind" | "volume" | "tmpfs";
  source?: string;
  target: string;
  read_only?: boolean;
} {
  const [source, target, mode] = text.split(":");
  if (target === undefined) return { target: source ?? "" };
  return { source: source ?? "", target, read_only: (mode ?? "").split(",").includes("ro") };
}

function hostPath(path: string, folder: string): string {
  return path.startsWith("~") ? resolve(homedir(), `.${path.slice(1)}`) : resolve(folder, path);
}
