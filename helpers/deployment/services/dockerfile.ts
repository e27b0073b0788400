import { posix } from "node:path";
import { shellWords } from "../compose/service/shell-words.ts";
import { withoutInitProgram } from "./init-program.ts";
import { type PackageSpec, readNpmSpec, readPypiSpec } from "./package-spec.ts";

/** What is read of a Dockerfile: what a build needs, and which packages it installs by name. */
export interface DockerfileOutline {
  /** The images that its stages are built on, each once; stages of the file itself are left out. */
  bases: readonly string[];
  /** The image that the built stage is based on, through other stages where it is based on those. */
  base: string | undefined;
  /** The packages that the built stage and the stages below it install by name. */
  packages: readonly PackageSpec[];
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
  /** The line of `CMD` in the Dockerfile. */
  commandLine: number | undefined;
  /** The variables that `ENV` sets, with the line of each. */
  variables: ReadonlyMap<string, { value: string; line: number }>;
  /** Of the container, where `WORKDIR` names an absolute path. */
  workingDir: string | undefined;
  /** What `COPY` and `ADD` take from the build context. */
  copies: readonly DockerfileCopy[];
}

/** One source of a `COPY` or `ADD`. */
export interface DockerfileCopy {
  /** Relative to the build context. */
  source: string;
  /** As the Dockerfile writes it: a relative one is in the working directory, one that ends in `/` is a directory. */
  target: string;
  /** At that line; undefined before an absolute `WORKDIR`. */
  workingDir: string | undefined;
  line: number;
}

interface Stage {
  name: string | undefined;
  from: string;
  instructions: Instruction[];
}

interface Instruction {
  keyword: string;
  rest: string;
  /** The line of the keyword, from 1. */
  line: number;
}

/**
 * Reads a Dockerfile by its instructions; `RUN` lines only for packages that they install by name.
 *
 * @param args build arguments, which replace the defaults of `ARG`
 * @param target the stage to build; undefined for the last one
 */
export function readDockerfile(
  text: string,
  args: ReadonlyMap<string, string> = new Map(),
  target?: string,
): DockerfileOutline {
  const stages = readStages(text, args);
  const index = target === undefined ? -1 : stages.findIndex(({ name }) => name === target);
  const built = stages.at(index);
  const chain: Stage[] = [];
  for (let stage = built; stage !== undefined && !chain.includes(stage); ) {
    chain.unshift(stage);
    const { from } = stage;
    stage = stages.find(({ name }) => name === from);
  }
  const instructions = chain.flatMap((stage) => stage.instructions);
  const last = (keyword: string): Instruction | undefined => instructions.findLast((one) => one.keyword === keyword);
  const names = new Set(stages.map(({ name }) => name));
  return {
    bases: [...new Set(stages.map(({ from }) => from).filter((from) => !names.has(from) && from !== "scratch"))],
    base: chain[0]?.from,
    packages: instructions.filter(({ keyword }) => keyword === "RUN").flatMap(({ rest }) => installedPackages(rest)),
    entrypoint: wordsOf(last("ENTRYPOINT")?.rest),
    command: wordsOf(last("CMD")?.rest),
    commandLine: last("CMD")?.line,
    ...environmentOf(instructions, args),
  };
}

/**
 * Whether a command runs a program of the operator's (`node server.js`, `uvicorn app:app`, `npm start`). Such a program is in no
 * package, whatever else the Dockerfile installs.
 */
export function runsOwnFile(command: readonly string[]): boolean {
  const words = withoutInitProgram(command);
  const isScript = /^(?:ba|da|a|z)?sh$/.test(posix.basename(words[0] ?? "")) && /^-[a-z]*c$/.test(words[1] ?? "");
  const [program = "", ...others] = isScript ? lastCommand(words[2] ?? "") : words;
  const name = posix.basename(program);
  const own = others.find((word) => /\.(?:[cm]?[jt]s|py)$/.test(word)) ?? "";
  const [first = ""] = others.filter((word) => !word.startsWith("-"));
  if (/^(?:npm|pnpm|yarn)$/.test(name)) return /^(?:start|run)$/.test(first);
  if (/^(?:uvicorn|gunicorn|hypercorn|fastmcp)$/.test(name)) return true;
  if (/^(?:node|nodejs|deno|bun|tsx|ts-node|python[\d.]*)$/.test(name))
    return (own !== "" && !own.includes("node_modules")) || (others[0] === "-m" && first === "uvicorn");
  return /^\.\//.test(program) && !program.includes("node_modules");
}

function lastCommand(script: string): string[] {
  const words = (script.split(/&&|;/).at(-1) ?? "").trim().split(/\s+/);
  return words[0] === "exec" ? words.slice(1) : words;
}

function readStages(text: string, given: ReadonlyMap<string, string>): Stage[] {
  const stages: Stage[] = [];
  const args = new Map(given);
  for (const { keyword, rest, line } of instructionsOf(text)) {
    if (keyword === "ARG" && stages.length === 0) {
      const [, name = "", , value = ""] = /^(\w+)(=(.*))?$/.exec(rest) ?? [];
      if (!args.has(name)) args.set(name, value.replace(/^["']|["']$/g, ""));
    } else if (keyword === "FROM") {
      const words = withArguments(rest, args)
        .split(/\s+/)
        .filter((word) => !word.startsWith("--"));
      stages.push({
        from: words[0] ?? "",
        name: words[1]?.toUpperCase() === "AS" ? words[2] : undefined,
        instructions: [],
      });
    } else stages.at(-1)?.instructions.push({ keyword, rest, line });
  }
  return stages;
}

/** The instructions, with continued lines joined and comments removed. */
function instructionsOf(text: string): Instruction[] {
  const joined: { text: string; line: number }[] = [];
  let isContinued = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [part = ""] = /^.*?(?=\\[ \t]*$|$)/.exec(line) ?? [];
    const before = isContinued ? joined.at(-1) : undefined;
    if (before === undefined) joined.push({ text: part, line: index + 1 });
    else before.text += ` ${part}`;
    isContinued = part !== line;
  }
  return joined.flatMap(({ text: instruction, line }) => {
    const [, keyword, rest] = /^\s*([a-z]+)\s+(.*)$/i.exec(instruction) ?? [];
    return keyword === undefined ? [] : [{ keyword: keyword.toUpperCase(), rest: (rest ?? "").trim(), line }];
  });
}

function withArguments(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
    (_, braced: string | undefined, fallback: string | undefined, bare: string | undefined) =>
      args.get(braced ?? bare ?? "") || (fallback ?? ""),
  );
}

/** `["a", "b"]` as it is, any other text by way of the shell. */
function wordsOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words)) return words.map(String);
  } catch {
    // It is not in the exec form.
  }
  return ["/bin/sh", "-c", text];
}

/** `ENV`, `WORKDIR`, `COPY` and `ADD`, with the variables that come before each. What stays unknown is left out. */
function environmentOf(
  instructions: readonly Instruction[],
  given: ReadonlyMap<string, string>,
): Pick<DockerfileOutline, "variables" | "workingDir" | "copies"> {
  const known = new Map<string, string>();
  const variables = new Map<string, { value: string; line: number }>();
  const copies: DockerfileCopy[] = [];
  let workingDir: string | undefined;
  for (const { keyword, rest, line } of instructions) {
    if (keyword === "ARG") {
      const [, name = "", value] = /^(\w+)(?:=(.*))?$/.exec(rest) ?? [];
      const own = given.get(name) ?? value?.replace(/^["']|["']$/g, "");
      if (own !== undefined) known.set(name, own);
    } else if (keyword === "ENV") {
      for (const [name, written] of variablesIn(rest)) {
        const value = expanded(written, known);
        if (value === undefined) continue;
        known.set(name, value);
        variables.set(name, { value, line });
      }
    } else if (keyword === "WORKDIR") {
      const path = expanded(rest, known);
      const isKnown = path !== undefined && (path.startsWith("/") || workingDir !== undefined);
      workingDir = isKnown ? posix.resolve(workingDir ?? "/", path) : undefined;
    } else if (keyword === "COPY" || keyword === "ADD") {
      const paths = copiedPaths(expanded(rest, known) ?? "");
      const target = paths.at(-1) ?? "";
      copies.push(...paths.slice(0, -1).map((source) => ({ source, target, workingDir, line })));
    }
  }
  return { variables, workingDir, copies };
}

/** The sources of a copy and its target; none for one from another stage or image. */
function copiedPaths(text: string): string[] {
  const options = /^(?:--\S+\s+)*/.exec(text)?.[0] ?? "";
  if (/--from=/.test(options)) return [];
  const rest = text.slice(options.length);
  try {
    const words: unknown = JSON.parse(rest);
    if (Array.isArray(words)) return words.map(String);
  } catch {
    // It is not in the form of a list.
  }
  return rest.split(/\s+/).filter((word) => word !== "");
}

/** A text with its variables; undefined where one is not known. */
function expanded(text: string, known: ReadonlyMap<string, string>): string | undefined {
  const value = text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced, bare) => known.get(braced ?? bare) ?? all);
  return value.includes("$") ? undefined : value;
}

/** `ENV A=1 B="two words"`, or the older `ENV A one value`. */
function variablesIn(text: string): [string, string][] {
  const [, name = "", value = ""] = /^(\w+)\s+([^=].*)$/.exec(text) ?? [];
  if (name !== "") return [[name, value]];
  const assignments = text.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))/g);
  return [...assignments].map(([, key = "", double, single, bare]) => [key, double ?? single ?? bare ?? ""]);
}

/** Options of npm and pip that take a value as the next word. */
const valuedOptions = new Set(
  (
    "-r --requirement -i --index-url --extra-index-url -t --target --python -c --constraint --prefix --registry " +
    "-f --find-links --root --cache-dir -e --editable --exclude-newer --loglevel"
  ).split(" "),
);

/** The packages that a script's commands install by name, with npm, pip and the like. */
export function installedPackages(command: string): PackageSpec[] {
  return command.split(/&&|\|\||;|\n/).flatMap((part) => {
    let words: string[];
    try {
      words = shellWords(part);
    } catch {
      return [];
    }
    const line = words.join(" ");
    const npm = /(?:^|\s)(?:npm\s+(?:install|i|add)|pnpm\s+add|yarn\s+global\s+add|bun\s+(?:add|install))(?=\s)/.exec(
      line,
    );
    const pip =
      /(?:^|\s)(?:pip3?(?:\.\d+)?\s+install|uv\s+pip\s+install|uv\s+tool\s+install|pipx\s+install)(?=\s)/.exec(line);
    const found = npm ?? pip;
    if (found === null) return [];
    const rest = line
      .slice(found.index + found[0].length)
      .trim()
      .split(" ");
    return withoutOptions(rest).flatMap((word) => {
      // A range names no version: the newest that it allows is not known here.
      const spec = npm === null ? readPypiSpec(word.replace(/\s*(?:[<>!~]=?|===).*$/, "")) : readNpmSpec(word);
      return spec ?? [];
    });
  });
}

function withoutOptions(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (valuedOptions.has(word)) index++;
    else if (!word.startsWith("-") && word !== "") kept.push(word);
  }
  return kept;
}
