import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { NodeModules } from "../../../helpers/deployment/services/node-packages.ts";
import type { NodeStart } from "../../../helpers/deployment/services/node-script.ts";
import { slug } from "../../../helpers/deployment/services/slug.ts";
import type { Recipe } from "./recipe.ts";
import { copyFrom } from "./stdio-commands.ts";

/** The line of a build that names an import which nothing brings. `script-packages.ts` of the parts reads it. */
export const notBrought = "no package that npm installed is or brings";

/** Where the image has the suite's Node.js: behind all other directories of the PATH, so that the image's own is used. */
const programs = "/opt/node-of-the-suite";

/**
 * An image that starts Node.js scripts of the operator's: with Node.js where it has none, and in each script's directory the
 * `node_modules` that the deployment's files lack.
 *
 * @param runtime has the Node.js
 */
export function withNodeScripts(base: Recipe, runtime: Recipe, scripts: readonly NodeStart[]): Recipe {
  if (scripts.length === 0) return base;
  const installed = mergedModules(scripts.flatMap(({ modules }) => modules ?? [])).map((modules, index) => ({
    modules,
    stage: `MODULES${index}`,
    recipe: modulesRecipe(modules, runtime),
  }));
  const paths = new Set(scripts.flatMap(({ program }) => (program?.startsWith("/") ? program : [])));
  const names = new Set(scripts.flatMap(({ program }) => (program === undefined ? [] : posix.basename(program))));
  const links = [...names].sort().map((name) => `ln -s /opt/runtime/bin/node ${programs}/${name}`);
  const lines = [
    ...["BASE", "RUNTIME", ...installed.map(({ stage }) => stage)].map((argument) => `ARG ${argument}`),
    ...installed.map(({ stage }) => `FROM \${${stage}} AS ${stage.toLowerCase()}`),
    "FROM ${RUNTIME} AS runtime",
    `RUN mkdir ${programs}${links.map((link) => ` && ${link}`).join("")}`,
    "FROM ${BASE}",
    copyFrom("runtime", "/opt/runtime/", "/opt/runtime/"),
    copyFrom("runtime", `${programs}/`, `${programs}/`),
    ...installed.map(({ stage, modules }) => copyDirectory(stage, modules.directory)),
    ...[...paths].sort().map((path) => `RUN test -e ${quoted(path)} || ln -s /opt/runtime/bin/node ${quoted(path)}`),
    `ENV PATH=$PATH:${programs}`,
  ];
  const packages = installed.map(({ recipe }) => recipe.packages);
  return {
    name: `${base.name}-with-scripts`,
    version: base.version,
    folders: [],
    dockerfile: { text: `${lines.join("\n")}\n` },
    parents: {
      BASE: base,
      RUNTIME: runtime,
      ...Object.fromEntries(installed.map(({ stage, recipe }) => [stage, recipe])),
    },
    packages: [base.packages, "Node.js", ...packages].join(", "),
  };
}

/** One for each directory: the scripts of a directory without a package.json may import different packages. */
function mergedModules(all: readonly NodeModules[]): NodeModules[] {
  const merged = new Map<string, NodeModules>();
  for (const modules of all) {
    const other = merged.get(modules.directory);
    merged.set(modules.directory, other === undefined ? modules : mergeOf(other, modules));
  }
  return [...merged.values()].sort((one, other) => (one.directory < other.directory ? -1 : 1));
}

function mergeOf(one: NodeModules, other: NodeModules): NodeModules {
  const imported = [...one.imported, ...other.imported];
  // With a lock for one of them, the other's packages are in the same lock, or only development needs them.
  const locked = [one, other].filter(({ lock }) => lock !== undefined);
  if (locked.length === 2) return { ...one, imported };
  const manifests = [one, other].map(({ manifest }) => JSON.parse(manifest) as { dependencies?: object });
  const dependencies = Object.assign({}, ...manifests.map((manifest) => manifest.dependencies)) as object;
  const { lock: _, ...plain } = one;
  return {
    ...plain,
    manifest: `${JSON.stringify({ ...manifests[0], dependencies }, null, 2)}\n`,
    imported,
    newest: [...new Set([...one.newest, ...other.newest])],
  };
}

function modulesRecipe({ directory, manifest, lock, imported }: NodeModules, runtime: Recipe): Recipe {
  const names = [...new Set(imported.map(({ name }) => name))].sort();
  const checks = names.map(
    (name) =>
      `{ test -e ${quoted(`/installed/node_modules/${name}`)} || { echo ${quoted(`${notBrought} ${name}`)}; exit 1; }; }`,
  );
  const lines = [
    "ARG RUNTIME",
    "FROM ${RUNTIME}",
    "COPY node_modules/ /installed/node_modules/",
    `RUN ${checks.join(" && ")}`,
  ];
  return {
    name: `node-modules-${slug(directory)}`,
    version: createHash("sha256")
      .update(manifest)
      .update(lock ?? "")
      .digest("hex")
      .slice(0, 12),
    folders: [],
    dockerfile: { text: `${lines.join("\n")}\n` },
    files: { "package.json": manifest, ...(lock === undefined ? {} : { "package-lock.json": lock }) },
    parents: { RUNTIME: runtime },
    packages: `npm ${names.join(", ")} in ${directory}`,
  };
}

/** A directory may have spaces, which only this form takes. */
function copyDirectory(stage: string, directory: string): string {
  return `COPY --from=${stage.toLowerCase()} ${JSON.stringify(["/installed/", `${directory.replace(/\/$/, "")}/`])}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
