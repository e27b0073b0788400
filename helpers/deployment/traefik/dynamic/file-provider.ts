import { basename, extname, posix } from "node:path";
import { EditableYaml } from "../../source/editable-yaml.ts";
import { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation } from "../../source/location.ts";
import { NoteList } from "../../source/note-list.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { parseToml } from "../../source/toml-tree.ts";
import { parseYaml } from "../../source/yaml-tree.ts";
import { type ContainerFile, type ContainerFiles, comparePaths, readContainerFile } from "../container-files.ts";
import { optionsOfFile } from "../file-options.ts";
import type { TraefikOption } from "../options.ts";
import { ProblemList } from "../problems.ts";
import { fileSchema } from "../schema.ts";
import type { FileProviderOptions } from "../static/static.ts";
import { RenderedFile, renderTemplate, TemplateError } from "../template/render-template.ts";
import { exampleOf, isConfiguration, neededExamples } from "./example-files.ts";
import { type MissingFiles, missingFiles } from "./missing-files.ts";
import { type NamedLine, namedLines } from "./named-lines.ts";
import type { NamesOfFiles } from "./names-of-files.ts";

/** A file of the file provider. */
export interface ProviderFile extends ContainerFile {
  options: readonly TraefikOption[];
  /** Its text after Go's template engine; undefined where the suite can't render it. */
  rendered: SourceFile | undefined;
  /** Whether it contains template actions. */
  isTemplate: boolean;
  /** The lines of the names in a file that could not be read. */
  names: readonly NamedLine[];
  /** What it stands for one with that the deployment does not have; undefined for a file that is there. */
  standIn: FileStandIn | undefined;
}

/** An example next to a file that is missing, or middlewares that let every request pass. */
export type FileStandIn = "example" | "pass-through";

/** What the file provider's files say. */
export interface ReadFiles {
  files: readonly ProviderFile[];
  /** Of a name that two files define the first one counts. */
  options: readonly TraefikOption[];
  /** Whether Traefik takes nothing of them because of one. */
  areRefused: boolean;
  /** Where the host has them, in words, and the folder does not; undefined where the files are known. */
  unknownSource?: string;
  /** Why there are none; undefined where the deployment brings some, and where they are elsewhere. */
  missing?: MissingFiles;
}

/** What the files are read with. */
export interface FileProviderReading {
  /** The deployment's folder, to which edits are relative. */
  folder: string;
  /** The environment of Traefik's container, for templates. */
  environment: ReadonlyMap<string, string>;
  /** Traefik's service. */
  service: SourceLocation;
  /** What is named with `@file` outside of the files. */
  named: NamesOfFiles;
  problems: ProblemList;
  notes: NoteList;
}

/** A middleware that lets every request pass: nothing asks for a path like this. */
export const passThrough = { stripPrefix: { prefixes: ["/gateway-conformance/no-plugin"] } } as const;

const source = { kind: "source", source: "file" } as const;
const refusesAll = "Traefik takes no router, middleware or service of the file provider because of it, and logs that";

/** Reads the files of Traefik's file provider as Traefik does (pkg/provider/file/file.go). */
export function readFileProvider(
  { directory, filename }: FileProviderOptions,
  files: ContainerFiles,
  reading: FileProviderReading,
): ReadFiles {
  const at = directory ?? filename;
  if (at === undefined) {
    const what = "the file provider has neither a directory nor a filename";
    reading.problems.add(source, reading.service, what, refusesAll, "set providers.file.directory");
    return { files: [], options: [], areRefused: true };
  }
  const one = directory === undefined ? files.find(at.value) : undefined;
  const example = directory === undefined && one === undefined ? exampleOf(at.value, files) : undefined;
  if (example !== undefined) {
    const refused = { is: false };
    const read = [readExample(example, refused, reading)];
    return { files: read, options: firstOfEach(read, reading.problems), areRefused: refused.is };
  }
  const all = directory === undefined ? one && [one] : files.list(directory.value);
  const found = directory === undefined ? all : all?.filter(isConfiguration);
  const elsewhere = found === undefined ? files.elsewhere(at.value, reading.folder) : undefined;
  if (elsewhere !== undefined) return standIn(at, directory !== undefined, elsewhere, reading);
  const absent = found === undefined ? files.absent(at.value, reading.folder) : undefined;
  if (absent !== undefined) {
    reading.notes.add(
      "not-proved",
      at.location,
      `the file provider reads '${at.value}' from ${absent}, which is mounted but missing`,
      "its routers, middlewares and services are unknown to the run",
      `put a copy of it into the folder, or name one under 'files:' in policy.yaml: '${absent}: ./COPY'`,
    );
    return {
      files: [],
      options: [],
      areRefused: false,
      unknownSource: absent,
      missing: missingFiles(at, files.mounts),
    };
  }
  if (found === undefined) {
    reading.notes.add(
      "not-proved",
      at.location,
      `the file provider reads '${at.value}', which nothing in the deployment brings into Traefik's container`,
      "what the image may have there is unknown to the run",
      "mount it there, or fix the path",
    );
    return { files: [], options: [], areRefused: false, missing: missingFiles(at, files.mounts) };
  }
  const refused = { is: false };
  const read = found.map((file) => readProviderFile(file, refused, reading));
  const examples = neededExamples(all ?? [], (file) => optionsOfExample(file, reading), {
    present: read.flatMap(({ options }) => options),
    named: reading.named,
  }).map((file) => readExample(file, refused, reading));
  const inOrder = [...read, ...examples].toSorted((one, other) => comparePaths(one.path, other.path));
  return { files: inOrder, options: firstOfEach(inOrder, reading.problems), areRefused: refused.is };
}

/**
 * A file in place of those that are in a volume or elsewhere on the host. Without it Traefik would refuse each router that names a
 * middleware of theirs, which the operator's Traefik has.
 */
function standIn(
  at: { value: string; location: SourceLocation },
  isDirectory: boolean,
  { shown, key }: { shown: string; key: string },
  reading: FileProviderReading,
): ReadFiles {
  const { middlewares, tlsOptions } = reading.named;
  reading.notes.add(
    "not-proved",
    at.location,
    `the file provider reads '${at.value}' from ${shown}, which is not among the deployment's files`,
    "its routers, middlewares and services are unknown to the run",
    `name a copy under 'files:' in policy.yaml: '${key}: ./COPY'`,
  );
  for (const [name, location] of middlewares)
    reading.notes.add(
      "not-proved",
      location,
      `the middleware '${name}@file' is in ${shown}, which is not among the deployment's files`,
      "the run lets every request pass there: what it does is not proved",
    );
  if (middlewares.size + tlsOptions.size === 0)
    return { files: [], options: [], areRefused: false, unknownSource: shown };
  const text = JSON.stringify({
    ...(middlewares.size === 0
      ? {}
      : { http: { middlewares: Object.fromEntries([...middlewares.keys()].map((name) => [name, passThrough])) } }),
    ...(tlsOptions.size === 0
      ? {}
      : {
          tls: {
            options: Object.fromEntries([...tlsOptions.keys()].map((name) => [name, { minVersion: "VersionTLS12" }])),
          },
        }),
  });
  const path = isDirectory ? posix.join(at.value, "gateway-conformance.yaml") : at.value;
  const file = readProviderFile({ path, file: undefined, text, location: at.location }, { is: false }, reading);
  return {
    files: [{ ...file, standIn: "pass-through" }],
    options: file.options,
    areRefused: false,
    unknownSource: shown,
  };
}

/** Reads an example in place of the file that is missing next to it. */
function readExample(example: ContainerFile, refused: { is: boolean }, reading: FileProviderReading): ProviderFile {
  const file = example.file ?? example.path;
  reading.notes.add(
    "change",
    { file, line: 1 },
    `'${example.path}' is missing among the deployment's files, and this example of it is there`,
    "the run reads the example in its place",
    `put a copy of ${basename(example.path)} into the folder where its content is another one`,
  );
  return { ...readProviderFile(example, refused, reading), standIn: "example" };
}

/** The options of an example that may not be used: what is wrong with it is not a problem of the deployment. */
function optionsOfExample(example: ContainerFile, reading: FileProviderReading): readonly TraefikOption[] {
  const notes = new NoteList();
  return readProviderFile(example, { is: false }, { ...reading, notes, problems: new ProblemList(notes) }).options;
}

function readProviderFile(file: ContainerFile, refused: { is: boolean }, reading: FileProviderReading): ProviderFile {
  const refuse = (location: SourceLocation, what: string, fix: string): void => {
    refused.is = true;
    reading.problems.add(source, location, what, refusesAll, fix);
  };
  const faults = new FaultList();
  const written = readContainerFile(file, faults);
  const unread = {
    ...file,
    options: [],
    rendered: undefined,
    isTemplate: false,
    names: [],
    standIn: undefined,
  } as const;
  if (written === undefined) {
    for (const { what, fix } of faults.faults) refuse(file.location, what, fix);
    return unread;
  }
  const isTemplate = written.text.includes("{{");
  const rendered = isTemplate ? rendering(written, reading) : written;
  const names = namedLines(written);
  if (rendered === undefined) return { ...unread, isTemplate, names };
  const isEmpty = rendered.text.split("\n").every((line) => /^\s*(?:#|$|---)/.test(line));
  const isToml = extname(file.path).toLowerCase() === ".toml";
  const root = isEmpty ? undefined : (isToml ? parseToml : parseYaml)(rendered, faults);
  for (const { line, what, fix } of faults.faults) refuse({ file: written.file, line: line ?? 1 }, what, fix);
  if (root === undefined) return { ...unread, rendered, isTemplate, names };
  const options = optionsOfFile(root, {
    source: "file-provider",
    schema: fileSchema,
    editable: file.file === undefined ? undefined : new EditableYaml(reading.folder, rendered, root),
    inFile: rendered instanceof RenderedFile ? (change) => rendered.inTemplate(change) : undefined,
    refused: refuse,
    ignored: (location, name) =>
      reading.problems.add(
        source,
        location,
        `'${name}' is not a section of a file of the file provider`,
        "Traefik ignores it without a message",
        "remove it, or write one of http, tcp, udp, tls",
      ),
  });
  return { ...unread, options, rendered, isTemplate, names };
}

function rendering(written: SourceFile, { environment, notes }: FileProviderReading): RenderedFile | undefined {
  try {
    return renderTemplate(written, environment);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    notes.add(
      "not-proved",
      { file: written.file, line: written.lineAt(error.offset) },
      `the suite can't render this template: ${error.message}`,
      "Traefik renders it in the run, so its routers are checked; what the files say about them is not compared",
    );
    return undefined;
  }
}

/** Of routers, middlewares and services of the same name Traefik takes the first file's. */
function firstOfEach(files: readonly ProviderFile[], problems: ProblemList): TraefikOption[] {
  const owners = new Map<string, { file: string; location: SourceLocation }>();
  const reported = new Set<string>();
  return files.flatMap(({ path: file, options }) =>
    options.filter(({ path, location }) => {
      const [root, section, name] = path;
      if (name === undefined || (root === "tls" && section === "certificates")) return true;
      const id = `${root}.${section}.${name}`;
      const owner = owners.get(id) ?? { file, location };
      owners.set(id, owner);
      if (owner.file === file) return true;
      if (reported.has(`${id} ${file}`)) return false;
      reported.add(`${id} ${file}`);
      const what = `${id} is defined a second time: ${owner.file} has it in line ${owner.location.line}`;
      problems.add({ kind: "nothing" }, location, what, "Traefik takes the first file's", "give it another name");
      return false;
    }),
  );
}
