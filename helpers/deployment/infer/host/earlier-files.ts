import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { textOf } from "../../compose/loading/nodes.ts";
import { FaultList } from "../../source/fault-list.ts";
import { isWithin } from "../../source/host-files.ts";
import { SourceFile } from "../../source/source-file.ts";
import { nodeAt, parseYaml } from "../../source/yaml-tree.ts";
import type { Stated } from "../policy-input.ts";

/** An entry of an earlier policy's `files:`. */
interface EarlierFile {
  /** As written. */
  key: string;
  value: string;
}

/**
 * The files that an earlier policy names in place of those that are not in the folder: the operator's answers. Without those that
 * `init` wrote itself, those that are not there, and those for what the folder has by now.
 */
export class EarlierFiles {
  readonly #folder: string;
  /** By absolute path, or by the name of a config or a volume. */
  readonly #files: ReadonlyMap<string, EarlierFile>;
  /** The policy's text in one line, without the marks of comments. */
  readonly #text: string;

  /** @param folder absolute path of the deployment's folder, with the policy where there is one */
  constructor(folder: string) {
    this.#folder = folder;
    const file = join(folder, "policy.yaml");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    this.#text = text.replaceAll(/\s*\n\s*#\s*/g, " ");
    const root = parseYaml(new SourceFile(file, text), new FaultList());
    const files = root === undefined ? undefined : nodeAt(root, "files");
    this.#files = new Map(
      (files?.kind === "map" ? [...files.entries] : []).flatMap(([key, { value: node }]) => {
        const value = textOf(node);
        const path = this.#pathOf(key);
        if (value === undefined || !existsSync(resolve(folder, value)) || isOwn(folder, value)) return [];
        return isWithin(path, folder) && existsSync(path) ? [] : [[path, { key, value }] as const];
      }),
    );
  }

  /**
   * What stands for a path: for the path itself, or for a directory above it.
   *
   * @param path as a policy names it, or absolute
   * @returns its absolute path; undefined where the policy has none, or none that is there
   */
  find(path: string): string | undefined {
    const wanted = this.#pathOf(path);
    for (let above = wanted; ; above = dirname(above)) {
      const file = this.#files.get(above) ?? this.#files.get(`${above}/`);
      if (file !== undefined) {
        const found = join(resolve(this.#folder, file.value), wanted.slice(above.length));
        return existsSync(found) ? found : undefined;
      }
      if (above === dirname(above)) return undefined;
    }
  }

  /** The text of the file that stands for a path; undefined as for {@link find}. */
  textOf(path: string): string | undefined {
    const file = this.find(path);
    return file !== undefined && statSync(file).isFile() ? readFileSync(file, "utf8") : undefined;
  }

  /** Those of some guesses that the policy has no answer for. By the path that each stands for, as a policy names it. */
  open(guesses: ReadonlyMap<string, Stated<string>>): Map<string, Stated<string>> {
    return new Map([...guesses].filter(([path]) => this.find(path) === undefined));
  }

  /** The policy's own copies in place of guesses. One that is the guess is asked for until its question is gone from the policy. */
  answers(guesses: ReadonlyMap<string, Stated<string>>): Map<string, Stated<string>> {
    return new Map(
      [...guesses].flatMap(([path, guess]): [string, Stated<string>][] => {
        const value = this.#files.get(this.#pathOf(path))?.value;
        if (value === undefined) return [];
        const questions = value === guess.value ? (guess.questions ?? []) : [];
        return [[path, { value, questions: questions.filter((one) => this.#text.includes(one)) }]];
      }),
    );
  }

  /** The entries for paths other than these. */
  others(paths: Iterable<string>): Map<string, Stated<string>> {
    const known = new Set([...paths].map((path) => this.#pathOf(path)));
    return new Map(
      [...this.#files].flatMap(([path, { key, value }]) => (known.has(path) ? [] : [[key, { value }] as const])),
    );
  }

  #pathOf(path: string): string {
    return /^\.{0,2}\//.test(path) ? resolve(this.#folder, path) : path;
  }
}

/** Whether a file is one that `init` writes: it is made again. */
function isOwn(folder: string, value: string): boolean {
  return resolve(folder, value).startsWith(join(folder, "init."));
}
