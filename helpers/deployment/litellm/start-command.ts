import { basename, posix } from "node:path";
import { interpolate, type VariableLookup } from "../compose/environment/interpolation.ts";
import { shellWords } from "../compose/service/shell-words.ts";
import type { ComposeService } from "../compose/types.ts";
import type { Written } from "../source/location.ts";

/** How a container starts LiteLLM. */
export interface StartCommand {
  /** The words of LiteLLM's own command, a shell's script (`sh -c "… exec litellm …"`) taken apart. */
  words: readonly Written<string>[];
  /** The environment that LiteLLM gets: the service's, and what the script exports before. */
  environment: ReadonlyMap<string, Written<string>>;
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
  const script = scriptOf(words) ?? scriptFile(words, contentOf);
  if (script === undefined) return { words, environment };

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
  for (const command of simpleCommands(marked)) {
    const [first = "", ...rest] = command;
    const isOwn = first === "export" || first === "local";
    for (const assignment of isOwn ? rest : command.filter((word) => /^\w+=/.test(word))) {
      const equals = assignment.indexOf("=");
      if (equals <= 0) continue;
      const [name, assigned] = [assignment.slice(0, equals), value(assignment.slice(equals + 1))];
      if (first === "local") local.set(name, assigned);
      else environment.set(name, { value: assigned, location: script.location });
    }
    if (script.rest !== undefined && command.some((word) => word === "$@" || word === "${@}"))
      return { words: script.rest, environment };
    if (command.some((word) => !/^\w+=/.test(word) && programs.has(basename(word))))
      return { words: command.map((word) => ({ value: value(word), location: script.location })), environment };
  }
  // What the shell's own words say (`-c`) is not LiteLLM's.
  return { words: script.rest ?? [], environment };
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

/** The words of each command of a script, in order. Only what separates commands and words is understood. */
function simpleCommands(script: string): string[][] {
  return script.split(/&&|\|\||[;\n|]/).flatMap((text) => {
    try {
      const words = shellWords(text);
      return words.length === 0 ? [] : [words];
    } catch {
      // A quote around a separator: such a command names no config that could be found.
      return [];
    }
  });
}
