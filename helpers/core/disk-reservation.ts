import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "./errors.ts";

const name = "reserve.bin";
/** More than the two reports of a run without its evidence take, in bytes. */
const size = 4_000_000;

/**
 * Makes the run's directory and sets space aside in it, so that the report finds room on a disk that fills up meanwhile.
 *
 * @throws {EnvironmentError} when there is no room to begin with
 */
export async function reserveDiskSpace(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    // Not zeros: some file systems store none of them.
    await writeFile(join(directory, name), randomBytes(size));
  } catch (cause) {
    throw new EnvironmentError(
      `no report can be written to ${directory}: ${(cause as Error).message}; free ${size / 1_000_000} MB, or set REPORTS to another place`,
      { cause },
    );
  }
}

/** Gives the space back, for the report. */
export async function releaseDiskSpace(directory: string): Promise<void> {
  await rm(join(directory, name), { force: true });
}
