import { posix } from "node:path";
import { displayPath } from "../../core/text/display-path.ts";
import type { ComposeService } from "../compose/types.ts";
import { mountOf, presentFile, presentText } from "../litellm/container-file.ts";
import type { UpstreamConfig } from "../litellm/types.ts";
import type { SourceLocation } from "../source/location.ts";
import { readLauncher } from "./launcher.ts";
import { importsOf, isFileImport, packageOfImport } from "./node-imports.ts";
import { type ImportedPackage, type NodeModules, planPackages } from "./node-packages.ts";

/** A Node.js script of the operator's that LiteLLM starts over stdio: mounted, or copied by LiteLLM's Dockerfile. */
export interface NodeScript {
  packages: readonly [];
  /** What it imports and the run can't have, with file and line. */
  missing: readonly string[];
  node: NodeStart;
}

/** What a Node.js script is started with. */
export interface NodeStart {
  /** The program as LiteLLM's config names it (`node`, `/usr/bin/node`); undefined behind npx, whose package is installed. */
  program?: string;
  /** What npm installs for it; undefined where it needs nothing, or all is in mounted `node_modules`. */
  modules?: NodeModules;
  /** Whether LiteLLM's Dockerfile copies it: the operator's own image has what it needs. */
  isInImage: boolean;
}

type StdioStart = Pick<UpstreamConfig & { transport: "stdio" }, "command" | "args" | "commandAt" | "location">;

/** The options of `node` and `tsx` that take the next word as their value. Source: `node --help`, 24. */
const valued: ReadonlySet<string> = new Set([
  ..."-r --require --import --loader --experimental-loader -C --conditions --env-file --env-file-if-exists".split(" "),
  ..."--title --icu-data-dir --max-http-header-size --unhandled-rejections --tsconfig".split(" "),
]);
const preloads: ReadonlySet<string> = new Set("-r --require --import --loader --experimental-loader".split(" "));

/** What Node.js appends to the path of a `require`, and loaders of TypeScript to an import. */
const extensions = ["", ".js", ".json", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx", ".node"];

/** Undefined for a server that starts anything else, and for a script that is in no file of the deployment. */
export function nodeScript(upstream: StdioStart, service: ComposeService): NodeScript | undefined {
  const start = startOf(upstream);
  if (start === undefined) return undefined;
  const script = fileAt(service, posix.resolve(service.workingDir ?? "/app", start.script));
  if (script === undefined) return undefined;
  const at = upstream.commandAt ?? upstream.location;
  const { imported, missing } = importsFrom(service, script);
  const directory = posix.dirname(script);
  const preloaded = start.preloads.flatMap((specifier) => {
    const name = packageOfImport(specifier);
    return name === undefined || isPresent(service, directory, name) ? [] : [{ name, location: at }];
  });
  const names = new Set(imported.map(({ name }) => name));
  const needed = [...imported, ...preloaded.filter(({ name }) => !names.has(name))];
  const planned = planPackages(service, directory, needed);
  const placeOf = (name: string): string =>
    needed.flatMap((one) => (one.name === name ? placeText(one.location) : []))[0] ?? "";
  return {
    packages: [],
    missing: [...missing, ...planned.missing.map(({ name, why }) => `${name} (${placeOf(name)}), ${why}`)],
    node: {
      ...(start.program === undefined ? {} : { program: start.program }),
      ...(planned.modules === undefined ? {} : { modules: planned.modules }),
      isInImage: mountOf(service, script)?.isInImage === true,
    },
  };
}

/** The script that a command starts, and what is loaded in front of it: `node --import tsx server.ts`, `npx tsx server.ts`. */
function startOf({
  command,
  args,
}: StdioStart): { program: string | undefined; script: string; preloads: string[] } | undefined {
  const isNode = /^node(?:js)?$/.test(posix.basename(command));
  const call = isNode ? undefined : readLauncher(command, args);
  const [first] = call?.packages ?? [];
  const isLoader = call?.launcher === "npx" && /^(?:tsx|ts-node)$/.test(call.command ?? first?.name ?? "");
  if (!isNode && !isLoader) return undefined;
  const words = args.slice(call?.ownArguments ?? 0);
  const loaded: string[] = [];
  const startedBy = (script: string) => ({ program: isNode ? command : undefined, script, preloads: loaded });
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    // `tsx watch` restarts the server, and runs the same script.
    if (isLoader && index === 0 && word === "watch") continue;
    const next = words[index + 1];
    if (word === "--") return next === undefined ? undefined : startedBy(next);
    if (!word.startsWith("-")) return startedBy(word);
    if (/^-(?:e|p|pe|i|-eval|-print|-interactive|-test|-version|v)$|^--eval=/.test(word)) return undefined;
    const [option = "", joined] = word.split(/=(.*)/s);
    const value = joined ?? (valued.has(option) ? words[++index] : undefined);
    if (value !== undefined && preloads.has(option)) loaded.push(value);
  }
  return undefined;
}

/** The packages that a script and the operator's files that it imports need, and the files that are missing. */
function importsFrom(service: ComposeService, script: string): { imported: ImportedPackage[]; missing: string[] } {
  const imported = new Map<string, ImportedPackage>();
  const missing: string[] = [];
  const seen = new Set([script]);
  const pending = [script];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    const text = presentText(service, file);
    if (text === undefined || !/\.(?:[mc]?[jt]s|[jt]sx)$|\/[^./]+$/.test(file)) continue;
    const directory = posix.dirname(file);
    for (const { specifier, line } of importsOf(file, text)) {
      const location = { file: presentFile(service, file) ?? file, line };
      const name = packageOfImport(specifier);
      if (name !== undefined && !imported.has(name) && !isPresent(service, directory, name))
        imported.set(name, { name, location });
      if (!isFileImport(specifier)) continue;
      const wanted = posix.resolve(directory, specifier);
      const target = fileAt(service, wanted);
      if (target !== undefined && !seen.has(target)) pending.push(target);
      if (target !== undefined) seen.add(target);
      // The image, and the gateway's other volumes, may have what the deployment's files do not.
      else if (mountOf(service, wanted)?.kind === "bind")
        missing.push(`${specifier} (${placeText(location)}), a file that is missing`);
    }
  }
  return { imported: [...imported.values()], missing };
}

/** The file that a path leads to, as Node.js looks for it: itself, with an extension, or a folder's `main`. */
function fileAt(service: ComposeService, path: string): string | undefined {
  const typescript = path.replace(/\.([mc]?)js$/, ".$1ts");
  const found = [...extensions.map((extension) => `${path}${extension}`), typescript].find(
    (file) => presentText(service, file) !== undefined,
  );
  if (found !== undefined) return found;
  const main = mainOf(presentText(service, posix.join(path, "package.json")));
  const indexes = extensions.slice(1).map((extension) => posix.join(path, `index${extension}`));
  const entries = main === undefined ? [] : extensions.map((extension) => `${posix.join(path, main)}${extension}`);
  return [...entries, ...indexes].find((file) => presentText(service, file) !== undefined);
}

function mainOf(manifest: string | undefined): string | undefined {
  if (manifest === undefined) return undefined;
  try {
    const { main } = JSON.parse(manifest) as { main?: unknown };
    return typeof main === "string" ? main : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the `node_modules` of a directory, or of one above it, have a package in the deployment's files. */
function isPresent(service: ComposeService, directory: string, name: string): boolean {
  for (let at = directory; ; at = posix.dirname(at)) {
    if (presentText(service, posix.join(at, "node_modules", name, "package.json")) !== undefined) return true;
    if (at === "/") return false;
  }
}

function placeText({ file, line }: SourceLocation): string {
  return `${displayPath(file)}:${line}`;
}
