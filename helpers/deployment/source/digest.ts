import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { exampleNames } from "../compose/environment/example-files.ts";

/** Directories that belong to tools and not to the deployment. */
const skipped = new Set([".git", "node_modules"]);

/**
 * `sha256:…` over the relative path and the content of every file of a deployment. An env file with an example next to it
 * (`.env` and `.env.example`) is left out, so that the digest depends on no secret and is the same on every machine.
 */
export function deploymentDigest(folder: string): string {
  const files = filesBelow(folder);
  const names = new Set(files);
  const hash = createHash("sha256");
  const isSecret = (file: string): boolean =>
    /(?:^|[._-])env(?:[._-]|$)/i.test(basename(file)) && exampleNames(file).some((example) => names.has(example));
  for (const file of files.filter((name) => !isSecret(name))) {
    const content = contentOf(join(folder, file));
    // The lengths make the stream unambiguous.
    hash.update(`${Buffer.byteLength(file)}:${file}:${content.length}:`);
    hash.update(content);
  }
  return `sha256:${hash.digest("hex")}`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((file) => !file.split("/").some((step) => skipped.has(step)))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    // A link to a directory, or a broken link: its target counts.
    try {
      return Buffer.from(readlinkSync(file));
    } catch {
      return Buffer.alloc(0);
    }
  }
}
