import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import type { Engine } from "../../engine/engine.ts";
import { keptLogLines, runOnHost } from "../../engine/host-command.ts";
import { type ContextFile, contextFiles, type Recipe } from "../recipes/recipe.ts";

/** The label that every image of the suite carries; its value is the image's name. */
export const imageLabel = "gateway-conformance.image";

/** Build arguments that the engine predefines: the commands of a build see them, and the image does not contain them. */
const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/** How an image is built. */
export interface BuildOptions {
  /** Name and tag of the new image. */
  reference: string;
  /** References of the parents, by build argument. */
  parents: Readonly<Record<string, string>>;
  /** Receives each line of the build's output. */
  onLine: (line: string) => void;
}

/** A build, an import or a pull failed, as the engine's report says. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  /** The last lines of the report. */
  readonly log: readonly string[];

  constructor(message: string, log: readonly string[]) {
    super(message);
    this.log = log;
  }
}

/**
 * Builds a recipe's image with the classic builder, which every engine has, with or without BuildKit.
 *
 * @throws {CommandError} when npm cannot install the packages of the context
 * @throws {ImageError} when the build fails
 */
export async function buildImage(engine: Engine, recipe: Recipe, options: BuildOptions): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "gateway-conformance-"));
  try {
    if (recipe.context === undefined) await writeContext(context, contextFiles(recipe));
    else await copyContext(context, recipe);
    const install = recipe.context === undefined ? npmCommand(context) : undefined;
    if (install !== undefined) await installPackages(context, install, engine.arch, options.onLine);
    const archive = tarOf(context);
    const stream = await engine.docker.buildImage(archive, {
      t: options.reference,
      buildargs: { ...proxyArguments(), ...recipe.arguments, ...options.parents },
      labels: { [imageLabel]: recipe.name },
      ...(recipe.target === undefined ? {} : { target: recipe.target }),
      forcerm: true,
    });
    await followEngineReport(engine, stream, options.onLine);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/**
 * Reads the engine's report of a build, an import or a pull to its end.
 *
 * @param onLine receives each line of the report
 * @throws {ImageError} when the report says that the work failed
 */
export async function followEngineReport(
  engine: Engine,
  stream: NodeJS.ReadableStream,
  onLine: (line: string) => void,
): Promise<void> {
  const log: string[] = [];
  let failure: string | undefined;
  const onEvent = (event: EngineEvent): void => {
    failure ??= event.error;
    for (const line of linesOf(event)) {
      onLine(line);
      log.push(line);
      if (log.length > keptLogLines) log.shift();
    }
  };
  await new Promise<void>((resolve, reject) => {
    engine.docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()), onEvent);
  }).catch((error: Error) => {
    failure ??= error.message;
  });
  if (failure !== undefined) throw new ImageError(failure, log);
}

interface EngineEvent {
  stream?: string;
  status?: string;
  id?: string;
  progress?: string;
  error?: string;
}

function linesOf({ stream, status, id, progress }: EngineEvent): string[] {
  const text = stream ?? [id, status, progress].filter(Boolean).join(" ");
  return (
    text
      .split("\n")
      .map((line) => stripVTControlCharacters(line).trimEnd())
      // Internal messages of the classic builder: `---> 33d1b22f359c`, `Removing intermediate container …`.
      .filter((line) => line !== "" && !/^ --->|^Removing intermediate /.test(line))
  );
}

/** Copies the operator's context with the modes of its files, and adds the Dockerfile. */
async function copyContext(folder: string, { context, dockerfile }: Recipe): Promise<void> {
  if (context !== undefined && existsSync(context.folder)) {
    // A directory that is left out may have files that are not.
    const isCopied = (path: string): boolean =>
      path === "" || !context.isLeftOut(path) || context.files.some((file) => file.path.startsWith(`${path}/`));
    await cp(context.folder, folder, {
      recursive: true,
      filter: (source) => isCopied(relative(context.folder, source)),
    });
  }
  if (typeof dockerfile === "object") await writeFile(join(folder, "Dockerfile"), dockerfile.text);
}

async function writeContext(folder: string, files: readonly ContextFile[]): Promise<void> {
  for (const { path, content } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    // Regardless of this machine's umask: a part may run as another user.
    await writeFile(target, content, { mode: content.subarray(0, 2).toString() === "#!" ? 0o755 : 0o644 });
  }
}

/** `ci` for a lock, `install` for packages by name; undefined for a context without packages of npm. */
function npmCommand(context: string): "ci" | "install" | undefined {
  if (existsSync(join(context, "package-lock.json"))) return "ci";
  const file = join(context, "package.json");
  return existsSync(file) && readFileSync(file, "utf8").includes('"dependencies"') ? "install" : undefined;
}

/**
 * Runs npm on this machine, because npm is installed here and reaches its registry with this machine's certificates
 * and proxy; neither is certain inside a build. No script of a package is run.
 */
async function installPackages(
  folder: string,
  command: "ci" | "install",
  arch: Engine["arch"],
  onLine: (line: string) => void,
): Promise<void> {
  const cpu = arch === "amd64" ? "x64" : arch;
  const platform = ["--os=linux", `--cpu=${cpu}`, "--libc=glibc"];
  // An outer `npm run --silent` would hide why npm failed.
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=notice"];
  onLine(`npm ${command}`);
  await runOnHost("npm", [command, "--omit=dev", "--ignore-scripts", ...platform, ...quiet], {
    cwd: folder,
    env: npmEnvironment(),
    onLine,
  });
}

/** The environment without the package, prefix and flags of an outer `npm run`, which would apply to this npm too. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const inherited =
    /^npm_(package_|lifecycle_|command$|execpath$|node_execpath$|config_(local_prefix|prefix|omit|include)$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
}

function proxyArguments(): Record<string, string> {
  const set = proxyVariables.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(set.filter((entry): entry is [string, string] => Boolean(entry[1])));
}

function tarOf(folder: string): Readable {
  const tar = spawn("tar", ["--create", "--numeric-owner", "--directory", folder, "."], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  void once(tar, "close").then(
    ([code]) => code !== 0 && tar.stdout.destroy(new Error(`tar exited with ${code}`)),
    (error: Error) => tar.stdout.destroy(error),
  );
  return tar.stdout;
}
