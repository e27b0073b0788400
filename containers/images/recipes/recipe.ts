import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder that holds one build context per part. */
export const imagesFolder = join(import.meta.dirname, "..", "contexts");

/** The name under which an image is published by its authors. */
export interface UpstreamImage {
  /** `docker.io` or `ghcr.io`. */
  registry: string;
  /** E.g. `library/traefik`. */
  repository: string;
  /** E.g. `v3.5.3`. */
  tag: string;
}

/** How an image is built where it cannot be pulled. */
export interface Recipe {
  /** Name of the image, and of the part in messages. */
  name: string;
  version: string;
  /** Folders under `contexts/` whose files form the build context; of two files of the same name, the later folder's is used. */
  folders: readonly string[];
  /** The Dockerfile's path under `contexts/`, or its text; undefined for Debian itself, which debootstrap makes. */
  dockerfile: string | { text: string } | undefined;
  /** Build arguments. */
  arguments?: Readonly<Record<string, string>>;
  /** Files that come from this machine, by path in the context. */
  files?: Readonly<Record<string, string>>;
  /** The operator's build context, which the files above are added to. */
  context?: {
    folder: string;
    files: readonly ContextFile[];
    /** Whether the context leaves out a file or a directory, by its path in the folder. */
    isLeftOut(path: string): boolean;
  };
  /** Images that its Dockerfile names itself: each must be there before it is built. */
  bases?: readonly UpstreamImage[];
  /** The stage that is built; undefined for the last one. */
  target?: string;
  /** Images that it is built from, by the build argument that names each. */
  parents: Readonly<Record<string, Recipe>>;
  /** Pulled instead where a registry answers. */
  upstream?: UpstreamImage;
  /** The packages that it is built from, for people. */
  packages: string;
  /** The version that a build has, where packages have no other: the nearest one that can stand in for {@link version}. */
  builtVersion?: string;
  /** Why it cannot be built, and what to add; undefined when it can. */
  missing?: string;
}

/** One file of a build context. */
export interface ContextFile {
  /** Relative, with forward slashes. */
  path: string;
  content: Buffer;
}

/**
 * The files of a recipe's context, sorted by path, without tests and without the locks of other versions.
 *
 * @param root the folder of the contexts
 */
export function contextFiles(recipe: Recipe, root: string = imagesFolder): ContextFile[] {
  const files = new Map<string, Buffer>((recipe.context?.files ?? []).map(({ path, content }) => [path, content]));
  for (const folder of recipe.folders) {
    for (const path of filesOf(join(root, folder))) files.set(path, readFileSync(join(root, folder, path)));
  }
  for (const [path, text] of Object.entries(recipe.files ?? {})) files.set(path, Buffer.from(text));
  if (recipe.dockerfile !== undefined) files.set("Dockerfile", Buffer.from(dockerfileText(recipe.dockerfile, root)));
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, content]) => ({ path, content }));
}

/**
 * A tag that is a hash of the context, the arguments, the parents and the platform. An edited part gets a new tag, and so
 * does every image built on it; nothing else is built again.
 *
 * @param parents identities of the parents that are used, by build argument
 * @param root the folder of the contexts
 */
export function contentTag(
  recipe: Recipe,
  parents: Readonly<Record<string, string>>,
  architecture: string,
  root: string = imagesFolder,
): string {
  const hash = createHash("sha256");
  const add = (...fields: (string | Buffer)[]): void => {
    // Length first: two different lists of fields never give the same bytes.
    for (const field of fields) hash.update(`${Buffer.byteLength(field)}:`).update(field);
  };
  add(recipe.name, recipe.version, architecture);
  if (recipe.target !== undefined) add("target", recipe.target);
  for (const [name, value] of entriesByName(recipe.arguments ?? {})) add("argument", name, value);
  for (const [name, reference] of entriesByName(parents)) add("parent", name, reference);
  for (const { path, content } of contextFiles(recipe, root)) add("file", path, content);
  return `${recipe.version}-${hash.digest("hex").slice(0, 12)}`;
}

/**
 * Versions that a part has a lock for: the subfolders whose names begin with a digit.
 *
 * @param folder relative to `root`
 * @param root the folder of the contexts
 */
export function lockedVersions(folder: string, root: string = imagesFolder): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isVersion(entry.name))
    .map((entry) => entry.name)
    .sort();
}

function isVersion(name: string): boolean {
  return /^\d/.test(name);
}

function dockerfileText(dockerfile: string | { text: string }, root: string): string {
  return typeof dockerfile === "string" ? readFileSync(join(root, dockerfile), "utf8") : dockerfile.text;
}

function filesOf(folder: string): string[] {
  const found: string[] = [];
  const walk = (prefix: string): void => {
    for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
      if (entry.name === "node_modules" || isVersion(entry.name) || entry.name.endsWith(".test.ts")) continue;
      const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else found.push(path);
    }
  };
  walk("");
  return found;
}

function entriesByName(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
