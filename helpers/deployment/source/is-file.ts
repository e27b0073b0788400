import { statSync } from "node:fs";

/** Whether there is a file at a path; false for a directory, and for no path. */
export function isFile(path: string | undefined): boolean {
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
