import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
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
  const files = existsSync(build.context) ? filesBelow(build.context) : [];
  if (files === undefined) return { ...recipe, missing: `its build context is larger than ${largestContext / 1e6} MB` };
  return {
    ...recipe,
    dockerfile: { text },
    context: { folder: build.context, files },
    bases: bases.map(readImageReference),
    ...(build.target === undefined ? {} : { target: build.target }),
  };
}

/** The files of a context, for its identity; undefined when they are too large. Git's own are left out. */
function filesBelow(folder: string): ContextFile[] | undefined {
  const found: ContextFile[] = [];
  let size = 0;
  const walk = (prefix: string): boolean =>
    readdirSync(join(folder, prefix), { withFileTypes: true }).every((entry) => {
      if (entry.name === ".git") return true;
      const path = join(prefix, entry.name);
      if (entry.isDirectory()) return walk(path);
      if (!entry.isFile()) return true;
      size += lstatSync(join(folder, path)).size;
      if (size > largestContext) return false;
      found.push({ path, content: readFileSync(join(folder, path)) });
      return true;
    });
  return walk("") ? found : undefined;
}
