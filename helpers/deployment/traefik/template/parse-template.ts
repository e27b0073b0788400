/** A template that the suite can't render; Traefik may be able to. */
export class TemplateError extends Error {
  /** Offset in the template's text. */
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** A part of a template. Offsets are the template's. */
export type TemplateNode =
  | { kind: "text"; start: number; end: number }
  | { kind: "output"; pipeline: Pipeline; start: number; end: number }
  | { kind: "if" | "with"; branches: readonly Branch[]; otherwise: readonly TemplateNode[] }
  | { kind: "range"; pipeline: Pipeline; body: readonly TemplateNode[]; otherwise: readonly TemplateNode[] };

/** A condition and what it decides on. */
interface Branch {
  pipeline: Pipeline;
  body: readonly TemplateNode[];
}

/** Commands, each of which gets the result of the one before as its last argument. */
export interface Pipeline {
  /** The variables that get the result: `$x := …`, of a range `$index, $item := …`. */
  variables: readonly string[];
  commands: readonly (readonly Operand[])[];
  offset: number;
}

/** One operand of a command: a constant, a field of the data (`.Name`), a variable, a function, or a pipeline in parentheses. */
export type Operand =
  | { kind: "value"; value: string | number | boolean | null }
  | { kind: "field"; path: readonly string[] }
  | { kind: "variable"; name: string; path: readonly string[] }
  | { kind: "function"; name: string; offset: number }
  | { kind: "group"; pipeline: Pipeline };

type Token = { offset: number } & (
  | { kind: "string" | "number" | "word" | "field" | "variable"; text: string }
  | { kind: "(" | ")" | "|" | "," | "=" }
);

interface Action {
  start: number;
  end: number;
  tokens: readonly Token[];
}

/**
 * Parses a template of Go's text/template: text, pipelines, if, with, range and variables.
 *
 * @throws TemplateError for what Go refuses, and for what the suite does not render (define, template, block)
 */
export function parseTemplate(text: string): TemplateNode[] {
  return new TemplateReader(text).read();
}

class TemplateReader {
  readonly #parts: ({ text: { start: number; end: number } } | { action: Action })[] = [];
  #at = 0;

  constructor(text: string) {
    let from = 0;
    for (const match of text.matchAll(/\{\{(-(?=\s))?([\s\S]*?)((?<=\s)-)?\}\}/g)) {
      const [whole, trimBefore, inner = "", trimAfter] = match;
      const start = match.index;
      const before = text.slice(from, start);
      const kept = trimBefore === undefined ? before.length : before.trimEnd().length;
      if (kept > 0) this.#parts.push({ text: { start: from, end: from + kept } });
      const offset = start + 2 + (trimBefore ?? "").length;
      const isComment = /^\s*\/\*[\s\S]*\*\/\s*$/.test(inner);
      const end = start + whole.length;
      if (!isComment) this.#parts.push({ action: { start, end, tokens: tokensOf(inner, offset) } });
      const blank = /^\s*/.exec(text.slice(end))?.[0].length ?? 0;
      from = trimAfter === undefined ? end : end + blank;
    }
    if (text.indexOf("{{", from) !== -1) throw new TemplateError(text.indexOf("{{", from), "an action is not closed");
    if (from < text.length) this.#parts.push({ text: { start: from, end: text.length } });
  }

  read(): TemplateNode[] {
    const { nodes, closing } = this.#nodes();
    if (closing !== undefined) throw new TemplateError(closing.start, `'${wordOf(closing)}' closes nothing`);
    return nodes;
  }

  /** Up to the end, or to an `else` or `end`. */
  #nodes(): { nodes: TemplateNode[]; closing: Action | undefined } {
    const nodes: TemplateNode[] = [];
    for (let part = this.#parts[this.#at]; part !== undefined; part = this.#parts[this.#at]) {
      this.#at++;
      if ("text" in part) {
        nodes.push({ kind: "text", ...part.text });
        continue;
      }
      const { action } = part;
      const word = wordOf(action);
      switch (word) {
        case "end":
        case "else":
          return { nodes, closing: action };
        case "if":
        case "with":
          nodes.push(this.#conditional(word, action));
          break;
        case "range":
          nodes.push(this.#range(action));
          break;
        case "define":
        case "template":
        case "block":
        case "break":
        case "continue":
          throw new TemplateError(action.start, `'${word}' is not rendered by the suite`);
        default:
          nodes.push({
            kind: "output",
            pipeline: pipelineOf(action.tokens, action.start),
            start: action.start,
            end: action.end,
          });
      }
    }
    return { nodes, closing: undefined };
  }

  #conditional(kind: "if" | "with", action: Action): TemplateNode {
    const branches: Branch[] = [];
    let pipeline = pipelineOf(action.tokens.slice(1), action.start);
    for (;;) {
      const { nodes, closing } = this.#nodes();
      if (closing === undefined) throw new TemplateError(action.start, `'${kind}' has no end`);
      branches.push({ pipeline, body: nodes });
      if (wordOf(closing) === "end") return { kind, branches, otherwise: [] };
      if (closing.tokens.length === 1) {
        const { nodes: otherwise, closing: end } = this.#nodes();
        if (end === undefined) throw new TemplateError(action.start, `'${kind}' has no end`);
        return { kind, branches, otherwise };
      }
      // `else if …`
      pipeline = pipelineOf(closing.tokens.slice(2), closing.start);
    }
  }

  #range(action: Action): TemplateNode {
    const pipeline = pipelineOf(action.tokens.slice(1), action.start);
    const { nodes: body, closing } = this.#nodes();
    if (closing === undefined) throw new TemplateError(action.start, "'range' has no end");
    if (wordOf(closing) === "end") return { kind: "range", pipeline, body, otherwise: [] };
    const { nodes: otherwise } = this.#nodes();
    return { kind: "range", pipeline, body, otherwise };
  }
}

function wordOf({ tokens: [first] }: Action): string | undefined {
  return first?.kind === "word" ? first.text : undefined;
}

const tokenPattern =
  /\s+|"(?:[^"\\]|\\.)*"|`[^`]*`|\$\w*(?:\.\w+)*|\.(?:\w+(?:\.\w+)*)?|[-+]?\d+(?:\.\d+)?|\w+|:=|[()|,=]/y;

function tokensOf(text: string, offset: number): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.length) {
    const start = tokenPattern.lastIndex;
    const token = tokenPattern.exec(text)?.[0];
    if (token === undefined)
      throw new TemplateError(offset + start, `'${text.slice(start).trim()}' is not part of a template's action`);
    if (token.trim() !== "") tokens.push({ ...tokenOf(token), offset: offset + start });
  }
  return tokens;
}

function tokenOf(text: string): { kind: Token["kind"]; text: string } {
  if (text === ":=" || text === "=") return { kind: "=", text };
  if (text === "(" || text === ")" || text === "|" || text === ",") return { kind: text, text };
  if (text.startsWith('"')) return { kind: "string", text: goString(text) };
  if (text.startsWith("`")) return { kind: "string", text: text.slice(1, -1) };
  if (text.startsWith("$")) return { kind: "variable", text };
  if (text.startsWith(".")) return { kind: "field", text };
  if (/^[-+]?\d/.test(text)) return { kind: "number", text };
  return { kind: "word", text };
}

function goString(text: string): string {
  const inner = text.slice(1, -1);
  return inner.replaceAll(/\\(.)/g, (_, char: string) => ({ n: "\n", t: "\t", r: "\r" })[char] ?? char);
}

function pipelineOf(tokens: readonly Token[], offset: number): Pipeline {
  const assigned = tokens.findIndex(({ kind }) => kind === "=");
  const variables = tokens.slice(0, Math.max(assigned, 0)).flatMap((token) => ("text" in token ? token.text : []));
  const rest = tokens.slice(assigned + 1);
  const reader = { tokens: rest, at: 0 };
  const pipeline = readPipeline(reader, offset);
  if (reader.at < rest.length) throw new TemplateError(rest[reader.at]?.offset ?? offset, "')' closes nothing");
  return { ...pipeline, variables: variables.filter((name) => name.startsWith("$")) };
}

function readPipeline(reader: { tokens: readonly Token[]; at: number }, offset: number): Pipeline {
  const commands: Operand[][] = [];
  let command: Operand[] = [];
  for (let token = reader.tokens[reader.at]; token !== undefined; token = reader.tokens[reader.at]) {
    if (token.kind === ")") break;
    reader.at++;
    if (token.kind === "|") {
      commands.push(command);
      command = [];
    } else if (token.kind === "(") {
      const pipeline = readPipeline(reader, token.offset);
      if (reader.tokens[reader.at]?.kind !== ")") throw new TemplateError(token.offset, "'(' is not closed");
      reader.at++;
      command.push({ kind: "group", pipeline });
    } else command.push(operandOf(token));
  }
  commands.push(command);
  if (commands.some((one) => one.length === 0)) throw new TemplateError(offset, "a command is empty");
  return { variables: [], commands, offset };
}

function operandOf(token: Token): Operand {
  switch (token.kind) {
    case "string":
      return { kind: "value", value: token.text };
    case "number":
      return { kind: "value", value: Number(token.text) };
    case "field":
      return { kind: "field", path: token.text.split(".").filter((step) => step !== "") };
    case "variable": {
      const [name = "$", ...path] = token.text.split(".");
      return { kind: "variable", name, path };
    }
    case "word":
      if (token.text === "true" || token.text === "false") return { kind: "value", value: token.text === "true" };
      if (token.text === "nil") return { kind: "value", value: null };
      return { kind: "function", name: token.text, offset: token.offset };
    default:
      throw new TemplateError(token.offset, `'${token.kind}' is out of place`);
  }
}
