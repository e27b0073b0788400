import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type IgnoredFiles, ignoredFiles } from "../../../helpers/deployment/services/dockerignore.ts";
import type { ServiceSource } from "../../../helpers/deployment/services/service-plan.ts";
import { slug } from "../../../helpers/deployment/services/slug.ts";
import { readImageReference } from "../registry.ts";
import type { ContextFile, Recipe } from "./recipe.ts";

/** In bytes: a larger build context is not copied. */
const largestContext = 200_000_000;

/**
 * The image that the operator's Dockerfile builds.
 *
 * @returns one that is `missing` where its context is not in the deployment's files, or is too large
 */
export function operatorBuild(service: string, { build, bases }: ServiceSource & { from: "build" }): Recipe {
  const name = `build-${slug(service)}`;
  const recipe: Recipe = {
    name,
    version: "operator",
    folders: [],
    dockerfile: undefined,
    parents: {},
    arguments: Object.fromEntries([...build.args].map(([key, { value }]) => [key, value])),
    packages: `the operator's Dockerfile of ${service}`,
  };
  const file = build.dockerfile ?? join(build.context, "Dockerfile");
  const text = build.inline?.value ?? (existsSync(file) ? readFileSync(file, "utf8") : undefined);
  if (text === undefined) return { ...recipe, missing: `its ${basename(file)} is not in the deployment's files` };
  const ignored = ignoredFiles(build);
  const files = existsSync(build.context) ? filesBelow(build.context, ignored) : [];
  if (files === undefined) return { ...recipe, missing: `its build context is larger than ${largestContext / 1e6} MB` };
  return {
    ...recipe,
    dockerfile: { text },
    context: { folder: build.context, files, isLeftOut: (path) => isLeftOut(path, ignored) },
    bases: bases.map(readImageReference),
    ...(build.target === undefined ? {} : { target: build.target }),
  };
}

/** Whether a file or a directory is not copied into a context: Git's own, and what `.dockerignore` leaves out. */
function isLeftOut(path: string, ignored: IgnoredFiles): boolean {
  return basename(path) === ".git" || ignored.has(path);
}

/** The files of a context, for its identity; undefined when they are too large. */
function filesBelow(folder: string, ignored: IgnoredFiles): ContextFile[] | undefined {
  const found: ContextFile[] = [];
  let size = 0;
  const walk = (prefix: string): boolean =>
    readdirSync(join(folder, prefix), { withFileTypes: true }).every((entry) => {
      const path = join(prefix, entry.name);
      const leftOut = isLeftOut(path, ignored);
      if (entry.isDirectory()) return (leftOut && !mayHaveKept(path, ignored)) || walk(path);
      if (!entry.isFile() || leftOut) return true;
      size += lstatSync(join(folder, path)).size;
      if (size > largestContext) return false;
      found.push({ path, content: readFileSync(join(folder, path)) });
      return true;
    });
  return walk("") ? found : undefined;
}

/** Whether a directory that is left out may have files that are not. */
function mayHaveKept(path: string, { hasExceptions }: IgnoredFiles): boolean {
  return hasExceptions && basename(path) !== ".git";
}
