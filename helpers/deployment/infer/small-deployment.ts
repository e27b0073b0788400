import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder for one test. Disposing of it removes it. */
export interface SmallDeployment extends Disposable {
  folder: string;
}

/** Writes a folder with these files: path to text. */
export function smallDeployment(files: Readonly<Record<string, string>>): SmallDeployment {
  const own = mkdtempSync(join(tmpdir(), "small-deployment-"));
  const folder = join(own, "gateway");
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { folder, [Symbol.dispose]: () => rmSync(own, { recursive: true, force: true }) };
}
