import { extname } from "node:path";
import { exampleNames, withoutExampleEnding } from "../../compose/environment/example-files.ts";
import type { ContainerFile, ContainerFiles } from "../container-files.ts";
import type { TraefikOption } from "../options.ts";
import { splitList } from "../schema.ts";
import type { NamesOfFiles } from "./names-of-files.ts";

/** Whether Traefik reads a file of a directory. */
export function isConfiguration({ path }: Pick<ContainerFile, "path">): boolean {
  return [".toml", ".yaml", ".yml"].includes(extname(path).toLowerCase());
}

/** The example of a file that is not there, under the path of the file; undefined where it has none. */
export function exampleOf(path: string, files: ContainerFiles): ContainerFile | undefined {
  const example = exampleNames(path).flatMap((name) => files.find(name) ?? [])[0];
  return example && { ...example, path };
}

/**
 * The examples in a directory of the file provider that stand for files which it lacks (`auth.yml.example` for `auth.yml`): those that
 * define what is named and no file defines. Any other example may be one that nobody has copied.
 *
 * @param all the files of the directory
 * @param read the options of an example, without a message about what is wrong with it
 * @param present the options of the files that are there
 * @param named what is named outside of the files
 * @returns under the paths of the files
 */
export function neededExamples(
  all: readonly ContainerFile[],
  read: (example: ContainerFile) => readonly TraefikOption[],
  { present, named }: { present: readonly TraefikOption[]; named: NamesOfFiles },
): ContainerFile[] {
  const paths = new Set(all.map(({ path }) => path));
  let examples = all
    .map((file) => ({ ...file, path: withoutExampleEnding(file.path) }))
    .filter((file) => !paths.has(file.path) && isConfiguration(file))
    .map((file) => ({ file, options: read(file) }));
  const needed: ContainerFile[] = [];
  const options = [...present];
  const used = new Set(
    (["middlewares", "services", "tlsOptions"] as const).flatMap((section) =>
      [...named[section].keys()].map((name) => idOf(section, name)),
    ),
  );
  // One example may name what another one defines.
  for (;;) {
    for (const id of options.flatMap(usedIn)) used.add(id);
    const defined = new Set(options.flatMap(definedBy));
    const next = examples.find((example) =>
      example.options.flatMap(definedBy).some((id) => used.has(id) && !defined.has(id)),
    );
    if (next === undefined) return needed;
    needed.push(next.file);
    options.push(...next.options);
    examples = examples.filter(({ file }) => file.path !== next.file.path);
  }
}

function idOf(section: keyof NamesOfFiles, name: string): string {
  return `${section} ${name.toLowerCase()}`;
}

/** What an option is a part of: a middleware, a service, TLS options. */
function definedBy({ path: [root, section, name] }: TraefikOption): string[] {
  if (name === undefined) return [];
  if (root === "tls") return section === "options" ? [idOf("tlsOptions", name)] : [];
  return section === "middlewares" || section === "services" ? [idOf(section, name)] : [];
}

/** What an option of a file names of the file provider. */
function usedIn({ path, value }: TraefikOption): string[] {
  const key = path.slice(3).join(".");
  const section =
    key === "middlewares" || key === "chain.middlewares"
      ? "middlewares"
      : key === "service"
        ? "services"
        : key === "tls.options"
          ? "tlsOptions"
          : undefined;
  if (section === undefined) return [];
  return splitList(value).flatMap((name) =>
    /@(?!file$)/.test(name) ? [] : [idOf(section, name.replace(/@file$/, ""))],
  );
}
