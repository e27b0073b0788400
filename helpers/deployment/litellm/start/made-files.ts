import { basename, posix } from "node:path";
import type { VariableLookup } from "../../compose/environment/interpolation.ts";
import type { ShellCommand, ShellWord } from "./shell-commands.ts";
import { envsubst, sed } from "./text-filters.ts";

/** A file that a script makes from another one. */
export interface MadeFile {
  text: string;
  /** Absolute path in the container of the file that it is made from. */
  template: string;
}

/** What following a script's files needs. */
export interface MadeFilesContext {
  /** The variables that a program gets. */
  variables: VariableLookup;
  /** Absolute path of the directory in which the script begins. */
  directory: string;
  /** The text of a file of the deployment in the container. */
  contentOf(inContainer: string): string | undefined;
  /** A word as the shell expands it. */
  expanded(word: ShellWord): string;
}

/** Programs that change none of the files that they name. */
const readers: ReadonlySet<string> = new Set(
  "[ [[ test cat cd chmod chown command docker echo egrep exec export grep head litellm ls mkdir printf pwd rm set sleep source stat tail touch wait".split(
    " ",
  ),
);

/**
 * The files that the commands of a script make from files of the deployment with `envsubst`, `sed`, `cp`, `mv`, `cat` and `tee`, by
 * their absolute paths. One that any other command writes, or one of these under a condition, is left out: its text is not known.
 */
export function madeFiles(commands: readonly ShellCommand[], context: MadeFilesContext): ReadonlyMap<string, MadeFile> {
  const files = new ScriptFiles(context);
  for (const command of commands) files.run(command);
  return files.made;
}

class ScriptFiles {
  readonly made = new Map<string, MadeFile>();
  readonly #unknown = new Set<string>();
  readonly #context: MadeFilesContext;
  #directory: string;
  /** What the command before a pipe prints. */
  #output: MadeFile | undefined;

  constructor(context: MadeFilesContext) {
    this.#context = context;
    this.#directory = context.directory;
  }

  run({ words, redirections, isPiped, isConditional }: ShellCommand): void {
    const [program = "", ...args] = words
      .map((word) => this.#context.expanded(word))
      .filter((word) => !/^\w+=/.test(word));
    const pathsOf = (pattern: RegExp): string[] =>
      redirections.flatMap(({ operator, target }) =>
        pattern.test(operator) ? this.#path(this.#context.expanded(target)) : [],
      );
    const [source] = pathsOf(/^0?<$/);
    const input = source === undefined ? (isPiped ? this.#output : undefined) : this.#read(source);
    const targets = pathsOf(/^1?>\|?$|^&>$/).filter((path) => !path.startsWith("/dev/"));
    for (const path of pathsOf(/>>/)) this.#write(path, undefined);
    if (program === "cd" && args[0] !== undefined) this.#directory = this.#path(args[0]);
    const output = this.#printed(basename(program), args, input, isConditional);
    for (const path of targets) this.#write(path, isConditional ? undefined : output);
    this.#output = output;
  }

  /** What a command prints; writes the files that it changes itself. */
  #printed(
    program: string,
    args: readonly string[],
    input: MadeFile | undefined,
    isConditional: boolean,
  ): MadeFile | undefined {
    const operands = args.filter((word) => !word.startsWith("-"));
    const write = (path: string, file: MadeFile | undefined): void =>
      this.#write(path, isConditional ? undefined : file);
    switch (program) {
      case "envsubst":
        return through(input, envsubst(this.#context.variables, operands[0]));
      case "sed":
        return this.#edited(args, input, write);
      case "cat":
        return operands.length === 0
          ? input
          : operands.length === 1
            ? this.#read(this.#path(operands[0] ?? ""))
            : undefined;
      case "tee":
        for (const path of operands) write(this.#path(path), args.includes("-a") ? undefined : input);
        return input;
      case "cp":
      case "mv":
      case "install": {
        const [from = "", to = ""] = operands.slice(-2).map((path) => this.#path(path));
        const target = operands.at(-1)?.endsWith("/") ? posix.join(to, basename(from)) : to;
        write(target, operands.length === 2 ? this.#read(from) : undefined);
        return undefined;
      }
      default:
        if (!readers.has(program)) for (const path of args) this.#forget(this.#path(path));
        return undefined;
    }
  }

  #edited(
    args: readonly string[],
    input: MadeFile | undefined,
    write: (path: string, file: MadeFile | undefined) => void,
  ): MadeFile | undefined {
    const scripts: string[] = [];
    const operands: string[] = [];
    let [isInPlace, isExtended, isKnown] = [false, false, true];
    for (let at = 0; at < args.length; at++) {
      const word = args[at] ?? "";
      if (word === "-e" || word === "--expression") scripts.push(args[++at] ?? "");
      else if (word.startsWith("--expression=")) scripts.push(word.slice("--expression=".length));
      else if (/^-i|^--in-place/.test(word)) isInPlace = true;
      else if (/^-[Er]+$|^--regexp-extended$/.test(word)) isExtended = true;
      else if (word.startsWith("-") && word !== "-") isKnown = false;
      else operands.push(word);
    }
    const own = scripts.length > 0 ? scripts : operands.splice(0, 1);
    const filter = isKnown ? sed(own.join("\n"), isExtended) : undefined;
    const paths = operands.filter((one) => one !== "-").map((one) => this.#path(one));
    const edited = (file: MadeFile | undefined): MadeFile | undefined =>
      filter === undefined ? undefined : through(file, filter);
    if (!isInPlace) return paths.length > 1 ? undefined : edited(paths[0] === undefined ? input : this.#read(paths[0]));
    for (const path of paths) write(path, edited(this.#read(path)));
    return undefined;
  }

  #path(word: string): string {
    return posix.resolve(this.#directory, word);
  }

  #read(path: string): MadeFile | undefined {
    if (this.#unknown.has(path)) return undefined;
    const made = this.made.get(path);
    if (made !== undefined) return made;
    const text = this.#context.contentOf(path);
    return text === undefined ? undefined : { text, template: path };
  }

  #write(path: string, file: MadeFile | undefined): void {
    this.made.delete(path);
    if (file === undefined) this.#unknown.add(path);
    else {
      this.#unknown.delete(path);
      this.made.set(path, file);
    }
  }

  /** For a command that may change a file. */
  #forget(path: string): void {
    if (this.made.delete(path)) this.#unknown.add(path);
  }
}

function through(file: MadeFile | undefined, filter: (text: string) => string | undefined): MadeFile | undefined {
  const text = file && filter(file.text);
  return file === undefined || text === undefined ? undefined : { ...file, text };
}
