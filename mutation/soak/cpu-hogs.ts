import { spawn } from "node:child_process";

/**
 * Starts programs that keep one CPU busy each, as another job on the same machine does, until they are disposed of. A run next
 * to them may end without a verdict, and never with a requirement that fails.
 */
export function cpuHogs(count: number): Disposable {
  const hogs = Array.from({ length: count }, () => spawn(process.execPath, ["-e", "for (;;) {}"], { stdio: "ignore" }));
  return {
    [Symbol.dispose]: () => {
      for (const hog of hogs) hog.kill("SIGKILL");
    },
  };
}
