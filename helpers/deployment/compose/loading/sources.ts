import { EditableYaml } from "../../source/editable-yaml.ts";
import type { FaultList } from "../../source/fault-list.ts";
import type { HostFiles } from "../../source/host-files.ts";
import type { SourceLocation } from "../../source/location.ts";
import { readSource, type SourceFile } from "../../source/source-file.ts";
import { nodeAt, parseYamlDocuments, type YamlNode } from "../../source/yaml-tree.ts";

/** The compose files of a deployment, each read once. */
export class ComposeSources {
  readonly #host: HostFiles;
  readonly #faults: FaultList;
  readonly #read = new Map<string, { documents: readonly YamlNode[] } | undefined>();
  readonly #texts = new Map<string, EditableYaml>();

  constructor(host: HostFiles, faults: FaultList) {
    this.#host = host;
    this.#faults = faults;
  }

  /** Absolute paths on this machine of the files that were read so far. */
  get files(): readonly string[] {
    return [...this.#texts.keys()];
  }

  /** Absolute paths on this machine of the files read so far that have a service of this name. */
  filesWith(service: string): readonly string[] {
    return [...this.#read].flatMap(([file, read]) =>
      read?.documents.some((root) => nodeAt(root, "services", service) !== undefined) ? [file] : [],
    );
  }

  /** Every file as written, for edits. */
  get texts(): readonly EditableYaml[] {
    return [...this.#texts.values()];
  }

  /** A file as written, for edits. */
  textOf(source: SourceFile): EditableYaml | undefined {
    return this.#texts.get(source.file);
  }

  /**
   * The documents of a file; undefined when it can't be read, which is then a fault.
   *
   * @param file absolute path on the host
   * @param namedAt where another file names it; undefined for a file of the policy or of the folder
   */
  read(file: string, namedAt?: SourceLocation): readonly YamlNode[] | undefined {
    const found = this.#host.find(file);
    if (found.state !== "present") {
      const what =
        found.state === "missing"
          ? "is missing"
          : found.state === "leads-outside"
            ? "is a link that leads out of the deployment's folder"
            : "is outside of the deployment's folder";
      const fix =
        found.state === "missing"
          ? "write it, or start from deployments/reference/compose.yaml"
          : `put a copy of it into the folder, and add '${file}: ./COPY' under 'files:' in policy.yaml`;
      if (namedAt === undefined) this.#faults.add(found.path, what, fix);
      else this.#faults.add(namedAt, `the file '${file}' ${what}`, found.state === "missing" ? "fix the path" : fix);
      return undefined;
    }
    if (!this.#read.has(found.path)) this.#read.set(found.path, this.#parse(found.path));
    return this.#read.get(found.path)?.documents;
  }

  #parse(path: string): { documents: readonly YamlNode[] } | undefined {
    const source = readSource(path, this.#faults, "write it");
    const documents = source === undefined ? undefined : parseYamlDocuments(source, this.#faults);
    if (source === undefined || documents === undefined) return undefined;
    // Edits are offered for the first document; a second one overrides it, which hardly any file has.
    const [first] = documents;
    if (first !== undefined) this.#texts.set(path, new EditableYaml(this.#host.folder, source, first));
    return { documents };
  }
}
