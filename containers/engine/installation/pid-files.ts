import { linkSync, readFileSync, renameSync, rmSync } from "node:fs";

/** A file in which a program keeps its process id, so that it is not started twice. */
export interface PidFile {
  path: string;
  /** The program's name in `/proc/<pid>/comm`, e.g. `dockerd`. */
  program: string;
}

/** The pid files of dockerd and of the containerd that it starts. */
export const enginePidFiles = {
  dockerd: { path: "/var/run/docker.pid", program: "dockerd" },
  containerd: { path: "/var/run/docker/containerd/containerd.pid", program: "containerd" },
} as const satisfies Record<string, PidFile>;

/** Whether the process that the file names exists, is that program, and is not a zombie. */
export function isRunning(file: PidFile): boolean {
  try {
    const pid = readFileSync(file.path, "utf8").trim();
    if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() !== file.program) return false;
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/**
 * Removes a pid file whose program does not run. An engine that stopped together with its machine leaves such files where
 * `/run` survives a reboot. dockerd only checks whether *any* process has that id, and then exits with "pid file found",
 * or waits for a containerd that does not run (both measured with 20.10.24). The file of an engine that is starting stays.
 *
 * @throws {Error} when the file cannot be removed
 */
export function removeIfStale(file: PidFile): void {
  // Renamed first and checked then: an engine that starts in the meantime writes a new file, which is not removed.
  const renamed = `${file.path}.${process.pid}`;
  try {
    renameSync(file.path, renamed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (isRunning({ ...file, path: renamed })) putBack(renamed, file.path);
  rmSync(renamed, { force: true });
}

function putBack(renamed: string, path: string): void {
  try {
    linkSync(renamed, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
