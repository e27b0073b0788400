import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { FaultList } from "../../source/fault-list.ts";
import { LiteralSecrets } from "../../source/literal-secrets.ts";
import type { SourceLocation, Written } from "../../source/location.ts";
import { readSource, type SourceFile } from "../../source/source-file.ts";
import { parseEnvFile } from "./env-file.ts";

type Variables = ReadonlyMap<string, Written<string>>;

/** The env files of a deployment, each read once. `<file>.example` is read in place of a missing file. */
export class EnvFiles {
  /** Absolute path of the main env file, which compose uses for interpolation (`--env-file`). */
  readonly file: string;
  /** The main env file as the operator wrote it; undefined when it could not be read. */
  readonly originals: Variables | undefined;
  /** The main env file after replacements; empty when it could not be read. */
  readonly variables: Variables;
  readonly secrets: LiteralSecrets;
  readonly #folder: string;
  readonly #faults: FaultList;
  readonly #read = new Map<string, Variables>();

  /**
   * @param folder absolute path of the deployment's folder
   * @param name the main env file, relative to the folder
   * @param replace variable of the main env file to the value that replaces it
   */
  constructor(folder: string, name: string, replace: ReadonlyMap<string, string>, faults: FaultList) {
    this.#folder = folder;
    this.#faults = faults;
    this.file = resolve(folder, name);
    const source = this.#open(this.file);
    this.originals = source === undefined ? undefined : parseEnvFile(source, faults);
    const values = new Map([...(this.originals ?? [])].map(([key, { value }]) => [key, value]));
    this.secrets = new LiteralSecrets(values, replace);
    this.variables = source === undefined ? new Map() : this.#parse(source);
    this.#read.set(this.file, this.variables);
  }

  /** An env file that a service names, by its absolute path; undefined when it is missing, which is then a fault. */
  named(file: string, required: boolean, location: SourceLocation): Variables | undefined {
    const before = this.#read.get(file);
    if (before !== undefined) return before;
    if (!existsSync(file) && !existsSync(`${file}.example`)) {
      if (required)
        this.#faults.add(
          location,
          `the env file '${relative(this.#folder, file)}' is missing, and so is its .example`,
          "write it, or fix the path",
        );
      return undefined;
    }
    const source = this.#open(file);
    if (source === undefined) return undefined;
    const variables = this.#parse(source);
    this.#read.set(file, variables);
    return variables;
  }

  #open(file: string): SourceFile | undefined {
    const present = existsSync(file) || !existsSync(`${file}.example`) ? file : `${file}.example`;
    return readSource(
      present,
      this.#faults,
      "write it (its .example is missing too), or fix 'env_file' in policy.yaml",
    );
  }

  #parse(source: SourceFile): Variables {
    return parseEnvFile(source, this.#faults, (name, value) => this.secrets.variable(name, value));
  }
}
