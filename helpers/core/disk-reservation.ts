import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "./errors.ts";

const file = "reserve.bin";
/** In bytes: more than the reports of a run need without the evidence. */
const size = 4_000_000;

/**
 * Creates the run's directory and reserves space in it, so that the reports can be written when the disk fills up
 * during the run.
 *
 * @throws {EnvironmentError} when there is not enough space
 */
export async function reserveDiskSpace(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    // Random bytes: some file systems allocate no space for zeros.
    await writeFile(join(directory, file), randomBytes(size));
  } catch (cause) {
    throw new EnvironmentError(
      `no report can be written to ${directory}: ${(cause as Error).message}; free ${size / 1_000_000} MB, or set REPORTS to another directory`,
      { cause },
    );
  }
}

/** Releases the reserved space; call it before the reports are written. */
export async function releaseDiskSpace(directory: string): Promise<void> {
  await rm(join(directory, file), { force: true });
}
