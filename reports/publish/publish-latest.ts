import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** How often two runs that end at once may step on each other before one gives up. */
const attempts = 20;

/**
 * Moves a finished run to where its report is looked for. The report that was there is moved aside first and removed
 * last, so that a reader never sees half of one; of two runs that end at once, the later one stays.
 *
 * @param directory the run's directory, on the same file system as `target`
 * @returns `target`
 */
export async function publishLatest(directory: string, target: string): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  for (let attempt = 0; attempt < attempts; attempt++) {
    const aside = join(dirname(directory), `old-${randomBytes(6).toString("hex")}`);
    const moved = await rename(target, aside).then(
      () => true,
      (error: NodeJS.ErrnoException) => unless(error, "ENOENT"),
    );
    const published = await rename(directory, target).then(
      () => true,
      // Another run has published in between: its report is the older one now.
      async (error: NodeJS.ErrnoException) => {
        if (unexpected(error, "ENOTEMPTY", "EEXIST") && moved) await rename(aside, target);
        return unless(error, "ENOTEMPTY", "EEXIST");
      },
    );
    if (moved) await rm(aside, { recursive: true, force: true });
    if (published) return target;
  }
  throw new Error(`the report stays in ${directory}: other runs kept writing to ${target}`);
}

function unless(error: NodeJS.ErrnoException, ...expected: string[]): false {
  if (unexpected(error, ...expected)) throw error;
  return false;
}

function unexpected(error: NodeJS.ErrnoException, ...expected: string[]): boolean {
  return error.code === undefined || !expected.includes(error.code);
}
