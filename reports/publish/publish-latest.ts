import { randomBytes } from "node:crypto";
import { cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** How often runs that end at the same time may get in each other's way before one gives up. */
const attempts = 20;

/**
 * Moves a finished run's directory to where the report belongs. The report that was there is moved away first and removed
 * last, so that a reader never sees half of one. Of two runs that end at the same time, the later one stays.
 *
 * A folder that is a volume can't be moved: its content is replaced.
 *
 * @param directory the run's directory, on the same file system as `target` unless that is a volume
 * @returns `target`
 * @throws {Error} when the directory cannot be moved: it stays where it is
 */
export async function publishLatest(directory: string, target: string): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  for (let attempt = 0; attempt < attempts; attempt++) {
    const old = join(dirname(directory), `old-${randomBytes(6).toString("hex")}`);
    const moved = await rename(target, old).then(
      () => true,
      (error: NodeJS.ErrnoException) => (unexpected(error, "EBUSY", "EXDEV") ? unless(error, "ENOENT") : "volume"),
    );
    if (moved === "volume") return await replaceContent(directory, target);
    const published = await rename(directory, target).then(
      () => true,
      // Another run was published in between: its report is the older one now.
      async (error: NodeJS.ErrnoException) => {
        if (unexpected(error, "ENOTEMPTY", "EEXIST") && moved) await rename(old, target);
        return unless(error, "ENOTEMPTY", "EEXIST");
      },
    );
    if (moved) await rm(old, { recursive: true, force: true });
    if (published) return target;
  }
  throw new Error(`the report stays in ${directory}: other runs kept writing to ${target}`);
}

/** What a file system has at its top. */
const ofVolume: readonly string[] = ["lost+found"];

async function replaceContent(directory: string, target: string): Promise<string> {
  const old = (await readdir(target)).filter((name) => !ofVolume.includes(name));
  await Promise.all(old.map((name) => rm(join(target, name), { recursive: true, force: true })));
  await cp(directory, target, { recursive: true });
  await rm(directory, { recursive: true, force: true });
  return target;
}

function unless(error: NodeJS.ErrnoException, ...expected: string[]): false {
  if (unexpected(error, ...expected)) throw error;
  return false;
}

function unexpected(error: NodeJS.ErrnoException, ...expected: string[]): boolean {
  return error.code === undefined || !expected.includes(error.code);
}
