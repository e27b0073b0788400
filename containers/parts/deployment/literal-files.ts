import { readdir, readFile, stat } from "node:fs/promises";
import { join, posix, relative, sep } from "node:path";
import type { LiteralSecrets } from "../../../helpers/deployment/source/literal-secrets.ts";
import type { PartFile } from "../part.ts";

/** A larger file is not a configuration. In bytes. */
const largest = 1024 * 1024;

/**
 * A part's files with the run's canaries in place of the secrets that are written into them. A file of a copied directory is
 * added where it has one: files are copied after directories.
 */
export async function withoutLiterals(
  files: readonly PartFile[],
  directories: readonly { source: string; target: string }[],
  secrets: LiteralSecrets,
): Promise<PartFile[]> {
  const own = files.map((file) => ({ ...file, content: replaced(file.content, secrets) ?? file.content }));
  const inside = await Promise.all(directories.map((directory) => filesWithSecrets(directory, secrets)));
  return [...own, ...inside.flat().filter(({ target }) => !own.some((file) => file.target === target))];
}

async function filesWithSecrets(
  { source, target }: { source: string; target: string },
  secrets: LiteralSecrets,
): Promise<PartFile[]> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      if (!entry.isFile() || (await stat(file)).size > largest) return [];
      const content = replaced(await readFile(file), secrets);
      const path = relative(source, file).split(sep).join("/");
      return content === undefined ? [] : [{ target: posix.join(target, path), content }];
    }),
  );
  return found.flat();
}

/** The content with canaries; undefined where it has no secret, or is not text. */
function replaced(content: PartFile["content"], secrets: LiteralSecrets): string | undefined {
  if (content.length > largest) return undefined;
  const text = content.toString("utf8");
  if (text.includes("\uFFFD")) return undefined;
  const changed = secrets.text(text);
  return changed === text ? undefined : changed;
}
