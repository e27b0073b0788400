import { linkSync, readFileSync, renameSync, rmSync } from "node:fs";

/** A file in which a program keeps its process id, so that it's not started twice. */
export interface PidFile {
  path: string;
  /** What `/proc/<pid>/comm` says of the program, e.g. `dockerd`. */
  program: string;
}

/** Where dockerd and the containerd that it starts keep theirs. */
export const enginePidFiles = {
  dockerd: { path: "/var/run/docker.pid", program: "dockerd" },
  containerd: { path: "/var/run/docker/containerd/containerd.pid", program: "containerd" },
} as const satisfies Record<string, PidFile>;

/** Whether the process that the file names is there, is that program, and has not ended. */
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
 * Removes a file whose program does not run. An engine that went down with its machine leaves such files where `/run`
 * outlives the boot; dockerd looks only whether *a* process has that id, and then ends with "pid file found", or waits
 * in vain for a containerd (both measured with 20.10.24). A file that a starting engine has just written stays.
 *
 * @throws {Error} when the file may not be removed
 */
export function removeIfStale(file: PidFile): void {
  // Taken away first and looked at then: whoever writes one meanwhile writes another file.
  const taken = `${file.path}.${process.pid}`;
  try {
    renameSync(file.path, taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (isRunning({ ...file, path: taken })) putBack(taken, file.path);
  rmSync(taken, { force: true });
}

function putBack(taken: string, path: string): void {
  try {
    linkSync(taken, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
