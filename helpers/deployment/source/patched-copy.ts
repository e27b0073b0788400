import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

/** One change to a copy of a deployment. */
export type Patch =
  /** Replaces every occurrence of the text; there must be at least one. */
  | { file: string; find: string; replace: string }
  | { file: string; write: string | Buffer }
  | { file: string; remove: true }
  /** Replaces the file by a symbolic link. */
  | { file: string; link: string }
  | { directory: string };

/** A changed copy of a deployment in a temporary folder. */
export interface PatchedCopy extends Disposable {
  folder: string;
}

/**
 * Copies a deployment and changes the copy. Disposing of it removes it.
 *
 * @throws Error when a text to be replaced is not in its file: a patch that changes nothing proves nothing
 */
export function patchedCopy(source: string, patches: readonly Patch[]): PatchedCopy {
  const own = mkdtempSync(join(tmpdir(), "deployment-"));
  // Without a `name`, compose names the project after its folder.
  const folder = join(own, basename(resolve(source)));
  cpSync(source, folder, { recursive: true });
  for (const patch of patches) apply(folder, patch);
  return { folder, [Symbol.dispose]: () => rmSync(own, { recursive: true, force: true }) };
}

function apply(folder: string, patch: Patch): void {
  if ("directory" in patch) {
    rmSync(join(folder, patch.directory), { force: true });
    mkdirSync(join(folder, patch.directory), { recursive: true });
    return;
  }
  const file = join(folder, patch.file);
  if ("remove" in patch) rmSync(file, { recursive: true });
  else if ("link" in patch) {
    rmSync(file, { force: true });
    symlinkSync(patch.link, file);
  } else if ("write" in patch) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, patch.write);
  } else {
    const text = readFileSync(file, "utf8");
    if (!text.includes(patch.find)) throw new Error(`'${patch.find}' is not in ${patch.file}`);
    writeFileSync(
      file,
      text.replaceAll(patch.find, () => patch.replace),
    );
  }
}
