import { basename, posix } from "node:path";
import { interpolate, type VariableLookup } from "../../compose/environment/interpolation.ts";
import type { ComposeService } from "../../compose/types.ts";
import { withoutInitProgram } from "../../services/init-program.ts";
import type { Written } from "../../source/location.ts";
import { type MadeFile, madeFiles } from "./made-files.ts";
import { type ShellCommand, type ShellWord, shellCommands } from "./shell-commands.ts";

/** How a container starts LiteLLM. */
export interface StartCommand {
  /** The words of LiteLLM's own command, a shell's script (`sh -c "… exec litellm …"`) taken apart. */
  words: readonly Written<string>[];
  /** The environment that LiteLLM gets: the service's, and what the script exports before. */
  environment: ReadonlyMap<string, Written<string>>;
  /** The files that the script makes before from files of the deployment, by their absolute paths in the container. */
  made: ReadonlyMap<string, MadeFile>;
}

/**
 * LiteLLM's own command and environment, from the service's entrypoint and command.
 *
 * @param contentOf the text of a file in the container; undefined for one that the deployment does not have
 */
export function startCommand(
  service: ComposeService,
  contentOf: (inContainer: string) => string | undefined,
): StartCommand {
  const written = (value: string): Written<string> => ({ value, location: service.location });
  const words: Written<string>[] = [...(service.entrypoint ?? []).map(written), ...service.commandWords];
  const environment = new Map(service.environment);
  const started = words.slice(words.length - withoutInitProgram(words.map((word) => word.value)).length);
  const script = scriptOf(started) ?? scriptFile(started, contentOf);
  if (script === undefined) return { words, environment, made: new Map() };

  // LiteLLM does not get the variables of a function.
  const local = new Map<string, string>();
  const lookup = { get: (name: string): string | undefined => local.get(name) ?? environment.get(name)?.value };
  const files: string[] = [];
  const marked = withoutSubstitutions(script.value, (command) => {
    const content = readBy(command, service, contentOf);
    if (content === undefined) return onlyVariable(command);
    files.push(content.trimEnd());
    return `\u0000${files.length - 1}\u0000`;
  });
  const value = (text: string): string =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the mark of a file's content, set above.
    expand(text, lookup).replace(/\u0000(\d+)\u0000/g, (_all, index) => files[Number(index)] ?? "");
  for (const [name, secret] of secretsOfLoops(script.value, service, contentOf))
    environment.set(name, { value: secret, location: script.location });
  const expanded = ({ parts }: ShellWord): string =>
    parts.map(({ text, isExpanded }) => (isExpanded ? value(text) : text)).join("");
  const before: ShellCommand[] = [];
  const made = (): ReadonlyMap<string, MadeFile> =>
    madeFiles(before, { variables: lookup, directory: service.workingDir ?? "/app", contentOf, expanded });
  for (const command of shellCommands(marked)) {
    const { words: all } = command;
    const [first, ...rest] = all;
    const isOwn = first?.text === "export" || first?.text === "local";
    for (const assignment of isOwn ? rest : all.filter(({ text }) => isAssignment(text))) {
      const equals = assignment.text.indexOf("=");
      if (equals <= 0) continue;
      const [name, assigned] = [assignment.text.slice(0, equals), expanded(assignment).slice(equals + 1)];
      if (first?.text === "local") local.set(name, assigned);
      else environment.set(name, { value: assigned, location: script.location });
    }
    const named = all.filter(({ text }) => !isAssignment(text) && text !== "exec");
    if (named.some(({ text }) => programs.has(basename(text)))) {
      const own = named.flatMap((word): readonly Written<string>[] =>
        isRest(word) ? (script.rest ?? []) : [{ value: expanded(word), location: script.location }],
      );
      return { words: own, environment, made: made() };
    }
    if (script.rest !== undefined && all.some(isRest)) return { words: script.rest, environment, made: made() };
    before.push(command);
  }
  // What the shell's own words say (`-c`) is not LiteLLM's.
  return { words: script.rest ?? [], environment, made: made() };
}

function isAssignment(word: string): boolean {
  return /^\w+=/.test(word);
}

/** Whether a word stands for the script's parameters. */
function isRest({ text }: ShellWord): boolean {
  return text === "$@" || text === "${@}" || text === "$*";
}

/** The value of an option of LiteLLM's command: `--config FILE` or `--config=FILE`. Python has options of the same letters (`python -m`). */
export function optionOf(words: readonly Written<string>[], names: readonly string[]): Written<string> | undefined {
  for (const [index, { value, location }] of words.entries()) {
    const equals = value.indexOf("=");
    if (equals > 0 && names.includes(value.slice(0, equals))) return { value: value.slice(equals + 1), location };
    if (names.includes(value) && !/^python[\d.]*$/.test(basename(words[index - 1]?.value ?? "")))
      return words[index + 1];
  }
  return undefined;
}

/**
 * A word of a script with its parameters expanded as a shell does (POSIX, 2.6.2): compose's forms and `${X:=…}`. What a form removes
 * from a value (`${X%/}`) stays.
 */
function expand(text: string, variables: VariableLookup): string {
  const forms = text
    .replace(/\$\{(\w+)(:?)=/g, "${$1$2-")
    .replace(/\$\{(\w+)\b(?!:?[-+?}])[^}]*\}/g, "${$1}")
    .replace(/\$(?:\d|[@#*])/g, "");
  return interpolate(forms, variables).value;
}

/** Substitutions within each other: deeper ones are left as they are. */
const deepest = 10;

/**
 * A script with each command substitution (`$(…)`, backticks) replaced.
 *
 * @param outputOf the output of a command, whose own substitutions are replaced already
 */
function withoutSubstitutions(script: string, outputOf: (command: string) => string, depth = 0): string {
  let result = "";
  let at = 0;
  for (const { 0: opening, index } of script.matchAll(/\$\(|`/g)) {
    // It is in what was replaced.
    if (index < at) continue;
    const start = index + opening.length;
    const end = opening === "`" ? script.indexOf("`", start) : closingAt(script, start);
    if (end === -1 || depth === deepest) break;
    result += script.slice(at, index) + outputOf(withoutSubstitutions(script.slice(start, end), outputOf, depth + 1));
    at = end + 1;
  }
  return result + script.slice(at);
}

/** Where the parenthesis ends that is open before a place; -1 where it does not. */
function closingAt(script: string, from: number): number {
  let depth = 1;
  for (const { 0: parenthesis, index } of script.slice(from).matchAll(/[()]/g)) {
    depth += parenthesis === "(" ? 1 : -1;
    if (depth === 0) return from + index;
  }
  return -1;
}

/**
 * The file that a command prints: one that it names by its path, or a secret or a config that it names for a function of the script
 * (`read_secret master_key`).
 */
function readBy(
  command: string,
  { files }: ComposeService,
  contentOf: (inContainer: string) => string | undefined,
): string | undefined {
  const words = command.split(/[\s<"']+/).filter((word) => word !== "");
  const targets = words.flatMap((word) =>
    word.startsWith("/")
      ? posix.normalize(word)
      : (files.find(({ target }) => basename(target) === word)?.target ?? []),
  );
  const [target] = targets;
  return target === undefined || targets.length > 1 ? undefined : contentOf(target);
}

/**
 * The variables that a loop of the script sets from the secrets with their names:
 * `for name in A B; do export "$name"="$(cat /run/secrets/app_$(echo $name | tr …))"; done`.
 */
function secretsOfLoops(
  script: string,
  { files }: ComposeService,
  contentOf: (inContainer: string) => string | undefined,
): [name: string, value: string][] {
  const loops = script.matchAll(/\bfor\s+(\w+)\s+in\s+([^;\n]+?)\s*[;\n]\s*do\b([\s\S]*?)\bdone\b/g);
  return [...loops].flatMap(([, variable = "", names = "", body = ""]) => {
    const exportsIt = new RegExp(`\\bexport\\s+["']?\\$\\{?${variable}\\b`).test(body);
    if (!exportsIt || !body.includes("/run/secrets/")) return [];
    return names.split(/\s+/).flatMap((name): [string, string][] => {
      const secret = files.find(({ kind, target }) => kind === "secret" && endsWithName(basename(target), name));
      const value = secret === undefined ? undefined : contentOf(secret.target);
      return value === undefined ? [] : [[name, value.trimEnd()]];
    });
  });
}

/** Whether a file is named after a variable: `litellm--master_key` and `master-key` after `MASTER_KEY`. */
function endsWithName(file: string, variable: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  return plain(file) === plain(variable) || plain(file).endsWith(`_${plain(variable)}`);
}

/** The variable that a command changes: the only one that it names (`printf %s "$password" | encode`). */
function onlyVariable(command: string): string {
  const names = new Set([...command.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name]) => name));
  const [name] = names;
  return name === undefined || names.size > 1 ? "" : `\${${name}}`;
}

/** Whether a start's words have LiteLLM's command in them. */
export function startsLiteLLM({ words }: Pick<StartCommand, "words">): boolean {
  return words.some(({ value }) => programs.has(basename(value)));
}

/** LiteLLM's command, and the entry scripts of its images that start it with the words after them. */
const programs: ReadonlySet<string> = new Set(["litellm", "prod_entrypoint.sh", "entrypoint.sh"]);

/** A shell's script. */
interface Script extends Written<string> {
  /** The words after it, which are its `"$@"`; undefined where it has none. */
  rest?: readonly Written<string>[];
}

/** A script of the deployment that starts the rest of the command: `sh /start.sh litellm …`, or `/start.sh litellm …`. */
function scriptFile(
  words: readonly Written<string>[],
  contentOf: (inContainer: string) => string | undefined,
): Script | undefined {
  const [first, second] = words;
  const isShell = /^(?:ba|da|a|z)?sh$/.test(basename(first?.value ?? ""));
  const file = isShell ? second : first;
  if (file === undefined || !/^[./]/.test(file.value)) return undefined;
  const value = contentOf(posix.normalize(file.value));
  if (value === undefined || !(file.value.endsWith(".sh") || /^#!.*sh\b/.test(value))) return undefined;
  return { value: value.replaceAll(/^\s*#.*$/gm, ""), location: file.location, rest: words.slice(isShell ? 2 : 1) };
}

/** The script of `sh -c SCRIPT`; undefined for a command without a shell. */
function scriptOf(words: readonly Written<string>[]): Script | undefined {
  const [shell, ...rest] = words;
  if (shell === undefined || !/^(?:ba|da|a|z)?sh$/.test(basename(shell.value))) return undefined;
  const flag = rest.findIndex(({ value }) => /^-[a-z]*c$/.test(value));
  return flag === -1 ? undefined : rest[flag + 1];
}
