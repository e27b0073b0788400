import type { FaultList } from "../../source/fault-list.ts";
import type { HostFiles } from "../../source/host-files.ts";
import { LiteralSecrets } from "../../source/literal-secrets.ts";
import type { SourceLocation, Written } from "../../source/location.ts";
import type { NoteList } from "../../source/note-list.ts";
import { readSource, type SourceFile } from "../../source/source-file.ts";
import type { ValueProblem } from "../../source/yaml-tree.ts";
import { parseEnvFile } from "./env-file.ts";
import { exampleNames, fileOrExample } from "./example-files.ts";
import type { VariableLookup } from "./interpolation.ts";

type Variables = Map<string, Written<string>>;

/** What reading env files needs of the rest of the deployment. */
export interface EnvFilesContext {
  host: HostFiles;
  /** Variable to the value that replaces it, in whichever file it is. */
  replace: ReadonlyMap<string, string>;
  /** Every variable of the env files as the operator wrote them, where they are known already. */
  originals?: ReadonlyMap<string, Written<string>> | undefined;
  /** Literal secret to its value as written. */
  literals?: ReadonlyMap<string, string> | undefined;
  faults: FaultList;
  notes: NoteList;
}

/** The env files of a deployment. An example (`<file>.example`, `<file>.template` …) is read in place of a missing file. */
export class EnvFiles {
  readonly secrets: LiteralSecrets;
  /** Every variable that was read so far, after replacement; the first file that sets one counts. */
  readonly variables: Variables = new Map();
  /** Every value that was read so far, after replacement, also those of a variable that an earlier file sets too. */
  readonly values = new Set<string>();
  readonly #context: EnvFilesContext;
  readonly #sources = new Map<string, SourceFile | undefined>();
  readonly #encrypted = new Set<string>();

  constructor(context: EnvFilesContext) {
    this.#context = context;
    const originals = [...(context.originals ?? [])].map(([name, { value }]) => [name, value] as const);
    this.secrets = new LiteralSecrets(new Map([...originals, ...(context.literals ?? [])]), context.replace);
  }

  /** Whether a file that was opened could be read. */
  isReadable(file: string): boolean {
    return this.#sources.get(this.#present(file) ?? file) !== undefined;
  }

  /** Whether a file, or its example, is there to be read. */
  has(file: string): boolean {
    if (this.#context.host.find(file).state === "outside") return false;
    return this.#isWithin(file) && this.#present(file) !== undefined;
  }

  /** A file that is not part of the deployment, or a link that leads out of it, is a fault. */
  #isWithin(file: string): boolean {
    const { state, path } = this.#context.host.find(file);
    if (state === "present" || state === "missing") return true;
    this.#context.faults.add(
      path,
      state === "outside"
        ? "is outside of the deployment's folder"
        : "is a link that leads out of the deployment's folder",
      `put a copy of it into the folder, or add '${file}: ./COPY' under 'files:' in policy.yaml`,
    );
    return false;
  }

  /**
   * Reads an env file for interpolation, as `--env-file` and `.env`.
   *
   * @param file absolute path on the host
   * @param shell variables of the host's shell, which come first
   */
  forInterpolation(file: string, shell: VariableLookup): Variables {
    const source = this.#isWithin(file) ? this.#open(file) : undefined;
    return source === undefined ? new Map() : this.#parse(source, { outer: shell });
  }

  /**
   * Reads an env file of a service into its environment.
   *
   * @param outer the project's variables, which come first in interpolation
   * @returns what is wrong with it for a service that needs it
   */
  forService(
    {
      file,
      required,
      format,
      location,
    }: { file: string; required: boolean; format?: string | undefined; location: SourceLocation },
    into: Variables,
    outer: VariableLookup,
  ): ValueProblem | undefined {
    if (this.#present(file) === undefined) {
      if (!required) return undefined;
      const { state } = this.#context.host.find(file);
      if (state === "leads-outside")
        return {
          kind: "missing",
          what: `the env file '${this.#name(file)}' is a link that leads out of the deployment's folder`,
          fix: `put a copy of it into the folder, or add '${file}: ./COPY' under 'files:' in policy.yaml`,
          location,
        };
      return {
        kind: "missing",
        what:
          state === "outside"
            ? `the env file '${file}' is outside of the deployment's folder`
            : `the env file '${this.#name(file)}' is missing, and so is its example (.example, .template …)`,
        fix:
          state === "outside"
            ? `put a copy of it into the folder, and add '${file}: ./COPY' under 'files:' in policy.yaml`
            : `write it, fix the path, or add './${this.#name(file)}: ./COPY' under 'files:' in policy.yaml`,
        location,
      };
    }
    const source = this.#open(file);
    if (source !== undefined) this.#parse(source, { into, outer, format });
    return undefined;
  }

  #name(file: string): string {
    const { folder } = this.#context.host;
    return file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
  }

  /** The path on this machine of a file or its example; undefined where neither is there. */
  #present(file: string): string | undefined {
    for (const path of [file, ...exampleNames(file)]) {
      const found = this.#context.host.find(path);
      const present = found.state === "missing" ? fileOrExample(found.path) : found.path;
      if (found.state === "present" || (found.state === "missing" && present !== undefined)) return present;
    }
    return undefined;
  }

  #open(file: string): SourceFile | undefined {
    const path = this.#present(file) ?? file;
    if (!this.#sources.has(path))
      this.#sources.set(
        path,
        readSource(
          path,
          this.#context.faults,
          "write it (its example, .example or .template, is missing too), or fix 'env_file' in policy.yaml",
        ),
      );
    return this.#sources.get(path);
  }

  #parse(
    source: SourceFile,
    options: { into?: Variables; outer: VariableLookup; format?: string | undefined },
  ): Variables {
    const { faults, notes } = this.#context;
    const own = parseEnvFile(source, {
      ...options,
      change: (name, value) => this.secrets.variable(name, isEncrypted(value) ? madeUp(name) : value),
      faults,
      notes,
    });
    for (const [name, written] of own) {
      this.values.add(written.value);
      if (!this.variables.has(name)) this.variables.set(name, written);
    }
    const first = source.text.split("\n").findIndex((line) => isEncrypted(line.replace(/^[^=]*=\s*["']?/, "")));
    if (first !== -1 && !this.#encrypted.has(source.file)) {
      this.#encrypted.add(source.file);
      notes.add(
        "change",
        { file: source.file, line: first + 1 },
        "its values are encrypted by sops",
        "the run can't decrypt them, and takes made-up ones",
        "where a value matters, e.g. a host name or a port, give it under 'variables:' in policy.yaml, or decrypt the file in a copy of the folder",
      );
    }
    return own;
  }
}

/** Whether a value is one that sops encrypted. Source: https://getsops.io/docs/, "Encryption Protocol". */
function isEncrypted(value: string): boolean {
  return /^ENC\[AES256_GCM,data:/.test(value);
}

/** What stands for the value of an encrypted variable: a text that fits into a URL. */
function madeUp(name: string): string {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `${/KEY$/i.test(name) ? "sk-" : ""}encrypted-${slug}`;
}
