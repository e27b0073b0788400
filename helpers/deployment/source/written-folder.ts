import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A temporary folder with files. Disposing of it removes it. */
export interface WrittenFolder extends Disposable {
  /** Absolute path. */
  folder: string;
}

/**
 * Writes files into a temporary folder, for a test.
 *
 * @param files path in the folder to content
 */
export function writtenFolder(files: Readonly<Record<string, string | Buffer>>): WrittenFolder {
  const own = realpathSync(mkdtempSync(join(tmpdir(), "written-")));
  const folder = join(own, "deployment");
  mkdirSync(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return { folder, [Symbol.dispose]: () => rmSync(own, { recursive: true, force: true }) };
}
