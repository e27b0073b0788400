import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Directories that belong to tools, not to the deployment. */
const skipped = new Set([".git", "node_modules"]);

/**
 * `sha256:…` over every file of a deployment by relative path and content. Files `*.env` beside a `*.env.example` are
 * left out: no secret enters, and a machine with secrets has the digest of one without.
 */
export function deploymentDigest(folder: string): string {
  const files = filesBelow(folder);
  const names = new Set(files);
  const hash = createHash("sha256");
  for (const file of files.filter((name) => !names.has(`${name}.example`))) {
    const content = contentOf(join(folder, file));
    // Lengths in front, so that no two folders write the same stream.
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
    // A link to a directory or to nowhere: what it says counts.
    try {
      return Buffer.from(readlinkSync(file));
    } catch {
      return Buffer.alloc(0);
    }
  }
}
