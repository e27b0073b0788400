import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { type Check, registerWith } from "./check.ts";

/** A check with the spec file that declares it. */
export interface LoadedCheck extends Check {
  /** Relative to the working directory. */
  file: string;
}

/** The folder that holds the suites. */
const suites = join(import.meta.dirname, "..");

/** Files that declare checks: specs, and what runs once after all of them. */
const patterns = ["**/*.spec.ts", "**/*.final.ts"];

/** Kept by the process: a file registers its checks once, whichever copy of this module has it loaded; see check.ts. */
const shared = globalThis as { gatewayConformanceChecks?: Map<string, Promise<LoadedCheck[]>> };
shared.gatewayConformanceChecks ??= new Map();
const known = shared.gatewayConformanceChecks;

/** The files that declare checks, absolute, in the order of their names. */
export function checkFiles(): string[] {
  return patterns.flatMap((pattern) => globSync(join(suites, pattern))).sort();
}

/** Whether a file's checks run once, when every other check is over. */
export function isFinal(file: string): boolean {
  return file.endsWith(".final.ts");
}

/**
 * The checks of some files, loaded once a process, by importing them: the registry of all checks.
 *
 * @param files absolute; default: all
 * @throws {Error} for a file that does not load outside of vitest, and for an id that two checks have
 */
export async function loadChecks(files: readonly string[] = checkFiles()): Promise<readonly LoadedCheck[]> {
  const checks: LoadedCheck[] = [];
  // One file at a time: the checks that are declared meanwhile are its own.
  for (const file of files) {
    const before = [...known.values()];
    const loading = known.get(file) ?? Promise.allSettled(before).then(() => load(file));
    known.set(file, loading);
    checks.push(...(await loading));
  }
  const seen = new Map<string, string>();
  for (const { id, file } of checks) {
    const before = seen.get(id);
    if (before !== undefined)
      throw new Error(`${file}: the id ${id} is taken by ${before}; give the check another one`);
    seen.set(id, file);
  }
  return checks;
}

/** Node's own loader: `import()` in a module that vitest has transformed would transform every spec file as well. */
const requireFile = createRequire(import.meta.url);

async function load(file: string): Promise<LoadedCheck[]> {
  const own: LoadedCheck[] = [];
  registerWith((check) => own.push({ ...check, file: relative(process.cwd(), file) }));
  requireFile(file);
  return own;
}
