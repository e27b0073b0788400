import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  dateOf,
  type PackageSpec,
  packageText,
  unscopedName,
} from "../../../helpers/deployment/services/package-spec.ts";
import { slug } from "../../../helpers/deployment/services/slug.ts";
import { imagesFolder, lockedVersions, type Recipe } from "./recipe.ts";
import { debianLines } from "./recipe-forms.ts";

/** A server that LiteLLM starts over stdio, for its image. */
export interface StdioCommand {
  /** What starts it, e.g. `postgres-mcp`; behind a launcher the package's command, or the name of its default one. */
  command: string;
  /** Version of the package that contains it; undefined for the newest, and without packages for the suite's newest lock. */
  version: string | undefined;
  /** What is installed, the package with the command first; by default the suite's lock of that command and version. */
  packages?: readonly PackageSpec[];
  /** Packages of Debian that it needs in the image which starts it. */
  debian?: readonly string[];
  /** The launcher in front of it; undefined where LiteLLM's config names the command itself. */
  launcher?: {
    /** `npx`, `uvx` or `docker`. */
    name: string;
    /** The launcher's own arguments, up to the package or image. */
    arguments: readonly string[];
    environment: Readonly<Record<string, string>>;
  };
}

/** A stdio server's recipe, and where its command is in LiteLLM's image. */
interface InstalledCommand {
  recipe: Recipe;
  /** Directory of the links to its commands in the image. */
  launchers: string;
}

const upstreamsFolder = "upstreams";

/**
 * An image with stdio servers added. A launcher is replaced by a script that starts what is installed, and fails for
 * everything else: nothing is fetched during a run.
 *
 * @param base the recipe of LiteLLM, or of a service that starts servers itself
 * @param runtime Node and Python for the servers
 */
export function withStdioCommands(base: Recipe, runtime: Recipe, commands: readonly StdioCommand[]): Recipe {
  if (commands.length === 0) return base;
  const sorted = commands
    .toSorted((a, b) => identityOf(a).localeCompare(identityOf(b)))
    .map((command, index) => ({ command, stage: `UPSTREAM${index}`, ...installedCommand(command, runtime) }));
  const lines = [
    ...["BASE", ...sorted.map(({ stage }) => stage)].map((argument) => `ARG ${argument}`),
    ...sorted.map(({ stage }) => `FROM \${${stage}} AS ${stage.toLowerCase()}`),
    `FROM \${BASE}`,
    ...debianLines(commands.flatMap(({ debian = [] }) => debian)),
    // They all have the same runtime, so it is copied from the first one.
    ...sorted.slice(0, 1).map(({ stage }) => copyFrom(stage, "/opt/runtime/", "/opt/runtime/")),
    ...sorted.flatMap(({ stage, launchers }) => [
      copyFrom(stage, "/opt/upstreams/", "/opt/upstreams/"),
      copyFrom(stage, "/launchers/", `${launchers}/`),
    ]),
  ];
  const files = launcherFiles(sorted);
  if (Object.keys(files).length > 0) lines.push("COPY launchers/ /opt/launchers/", "ENV PATH=/opt/launchers:$PATH");
  return {
    name: `${base.name}-with-upstreams`,
    version: base.version,
    folders: [],
    dockerfile: { text: `${lines.join("\n")}\n` },
    files,
    parents: { BASE: base, ...Object.fromEntries(sorted.map(({ stage, recipe }) => [stage, recipe])) },
    packages: sorted.map(({ command }) => describe(command)).join(", "),
  };
}

function identityOf(command: StdioCommand): string {
  return [command.command, command.launcher?.name ?? "", ...(command.launcher?.arguments ?? [])].join(" ");
}

function describe({ command, version = "(newest)", packages: [first] = [], launcher }: StdioCommand): string {
  const name = launcher === undefined ? command : (first?.name ?? command);
  return `${name} ${first?.version ?? version}`;
}

function installedCommand(command: StdioCommand, runtime: Recipe): InstalledCommand {
  const { packages = [], version } = command;
  const [first] = packages;
  const lock = first === undefined ? undefined : lockOf(first);
  const isLocked =
    lock?.folder.startsWith(upstreamsFolder) === true &&
    packages.length === 1 &&
    isDefaultCommand(command, lock.command);
  const recipe =
    first === undefined || isLocked
      ? lockedRecipe(lock?.command ?? command.command, lock?.version ?? version, runtime)
      : packageRecipe(command, packages, runtime);
  // Behind a launcher the command itself is not on the PATH, as it is not in the operator's image.
  const name = recipe.arguments?.NAME ?? recipe.arguments?.COMMAND;
  const launchers = command.launcher === undefined ? "/usr/local/bin" : `/opt/upstreams/${name}/launchers`;
  return { recipe, launchers };
}

function isDefaultCommand({ command, packages: [first] = [] }: StdioCommand, locked: string): boolean {
  return command === locked || (first !== undefined && command === unscopedName(first));
}

/** A lock of the suite. */
interface Lock {
  /** Relative to the folder of the contexts. */
  folder: string;
  /** The command, for a stdio server. */
  command: string;
  version: string;
}

/** The suite's lock of a package in a version; undefined where it has none. */
export function lockOf({ ecosystem, name, version }: PackageSpec): Lock | undefined {
  if (version === undefined) return undefined;
  const upstreams = readdirSync(join(imagesFolder, upstreamsFolder), { withFileTypes: true });
  const folders = [
    "everything",
    ...upstreams.flatMap((entry) => (entry.isDirectory() ? `${upstreamsFolder}/${entry.name}` : [])),
  ];
  for (const parent of folders) {
    const folder = `${parent}/${version}`;
    const file = join(imagesFolder, folder, ecosystem === "npm" ? "package.json" : "requirements.txt");
    if (!existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    const isThis = ecosystem === "npm" ? text.includes(`"${name}":`) : text.includes(`\n${name}==${version} `);
    if (isThis || text.startsWith(`${name}==${version} `)) return { folder, command: basename(parent), version };
  }
  return undefined;
}

function lockedRecipe(command: string, wanted: string | undefined, runtime: Recipe): Recipe {
  const versions = lockedVersions(`${upstreamsFolder}/${command}`);
  const version = wanted ?? versions.at(-1) ?? "";
  const folder = `${upstreamsFolder}/${command}/${version}`;
  const isPython = existsSync(join(imagesFolder, folder, "requirements.txt"));
  const recipe: Recipe = {
    name: `upstream-${command}`,
    version,
    folders: isPython ? [folder, `${upstreamsFolder}/preload`] : [folder],
    dockerfile: `${upstreamsFolder}/${isPython ? "python" : "npm"}.Dockerfile`,
    arguments: { COMMAND: command },
    parents: { RUNTIME: runtime },
    packages: `${isPython ? "PyPI" : "npm"} ${command} ${version}`,
  };
  if (versions.includes(version)) return recipe;
  const choice = versions.length === 0 ? "" : `, or use one of ${versions.join(", ")}`;
  return {
    ...recipe,
    missing:
      `name the package that contains the command in the policy (upstreams: package: npm:NAME@VERSION or ` +
      `pypi:NAME==VERSION)${choice}`,
  };
}

/** A stdio server whose packages are installed by name. */
function packageRecipe({ command }: StdioCommand, packages: readonly PackageSpec[], runtime: Recipe): Recipe {
  const [first] = packages;
  if (first === undefined) throw new Error(`${command} has no package`);
  const isPython = first.ecosystem === "pypi";
  const isDefault = command === unscopedName(first);
  return {
    name: `upstream-${slug(unscopedName(first))}`,
    version: slug(first.version ?? "newest"),
    folders: isPython ? [] : [`${upstreamsFolder}/npm-package`],
    dockerfile: `${upstreamsFolder}/${isPython ? "python" : "npm"}-package.Dockerfile`,
    files: isPython
      ? { "requirements.in": `${packages.map(packageText).join("\n")}\n` }
      : { "package.json": packageJson(packages) },
    arguments: {
      NAME: slug(packages.map(packageText).join("-")),
      PACKAGE: first.name,
      COMMAND: isDefault && !isPython ? "" : command,
      LAUNCHER: command,
      ...(isPython ? beforeArgument(packages) : {}),
    },
    parents: { RUNTIME: runtime },
    packages: `${isPython ? "PyPI" : "npm"} ${packages.map(packageText).join(", ")}`,
  };
}

/** The `package.json` that installs packages by name. What a lock of the suite overrides below one of them, it overrides too. */
export function packageJson(packages: readonly PackageSpec[]): string {
  const overrides = packages.flatMap((spec) => {
    const lock = lockOf(spec);
    if (lock === undefined) return [];
    const file = join(imagesFolder, lock.folder, "package.json");
    const { overrides: own } = JSON.parse(readFileSync(file, "utf8")) as { overrides?: object };
    return own === undefined ? [] : [[spec.name, own] as const];
  });
  const dependencies = Object.fromEntries(packages.map(({ name, version }) => [name, version ?? "latest"]));
  const document = { private: true, dependencies, overrides: Object.fromEntries(overrides) };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * uv's build argument that leaves out what was published after the packages: MCP's reference servers have their date as
 * their version, and dependencies of a later date break old ones (`mcp` 2 under mcp-server-time 2025.9.25, measured).
 */
export function beforeArgument(packages: readonly PackageSpec[]): { BEFORE?: string } {
  const dates = packages.map(dateOf);
  if (dates.length === 0 || dates.includes(undefined)) return {};
  return { BEFORE: dates.toSorted().at(-1) ?? "" };
}

/** One script for each launcher, by path in the context. */
function launcherFiles(
  installed: readonly { command: StdioCommand; launchers: string; recipe: Recipe }[],
): Record<string, string> {
  const scripts = new Map<string, string[]>();
  for (const { command, launchers, recipe } of installed) {
    const { launcher } = command;
    if (launcher === undefined) continue;
    const program = `${launchers}/${recipe.arguments?.LAUNCHER ?? recipe.arguments?.COMMAND}`;
    scripts.set(launcher.name, [...(scripts.get(launcher.name) ?? []), launcherCase(launcher, program)]);
  }
  return Object.fromEntries([...scripts].map(([name, cases]) => [`launchers/${name}`, launcherScript(name, cases)]));
}

function launcherCase({ arguments: own, environment }: NonNullable<StdioCommand["launcher"]>, program: string): string {
  const matches = own.map((word, index) => `[ "\${${index + 1}-}" = ${quoted(word)} ]`).join(" && ");
  const exports = Object.entries(environment).map(([name, value]) => `  export ${name}=${quoted(value)}\n`);
  return `if ${matches}; then\n  shift ${own.length}\n${exports.join("")}  exec ${program} "$@"\nfi\n`;
}

function launcherScript(name: string, cases: readonly string[]): string {
  return [
    "#!/bin/sh",
    "# Put here by the conformance suite: it starts what was installed before the run, and fetches nothing.",
    cases.join(""),
    `echo "${name} $*: this was not installed before the run, and nothing is fetched during it" >&2`,
    "exit 127",
    "",
  ].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A `COPY` of a folder's content that keeps links as links. */
export function copyFrom(stage: string, source: string, target: string): string {
  return `COPY --from=${stage.toLowerCase()} ${source} ${target}`;
}
