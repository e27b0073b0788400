import { SourceFile } from "../../source/source-file.ts";
import type { TextChange, TextEdit } from "../../source/text-edit.ts";
import { isEmpty, printed, type TemplateFunction, type TemplateValue, templateFunctions } from "./functions.ts";
import { type Operand, type Pipeline, parseTemplate, TemplateError, type TemplateNode } from "./parse-template.ts";

export { TemplateError };

/** Limits what nested ranges can produce, in characters. */
const MAX_OUTPUT = 1024 * 1024;

/** An action of a template with its first word, e.g. `{{- if`. */
const templateAction = /\{\{-?\s*(\w*)[\s\S]*?\}\}/g;

/** A stretch of rendered text and where it comes from. */
interface Segment {
  /** Offset in the rendered text. */
  at: number;
  length: number;
  /** Offsets in the template. */
  start: number;
  end: number;
  /** Whether the template has the same text there. */
  isLiteral: boolean;
}

/** A template's rendered text, which knows the template's lines. */
export class RenderedFile extends SourceFile {
  readonly #segments: readonly Segment[];
  readonly #template: SourceFile;

  constructor(template: SourceFile, text: string, segments: readonly Segment[]) {
    super(template.file, text);
    this.#template = template;
    this.#segments = segments;
  }

  override lineAt(offset: number): number {
    return this.#template.lineAt(this.#templateOffset(offset) ?? 0);
  }

  /**
   * Whether the template makes values, or decides whether they are there: it lacks one of them as text, has an action on one
   * of their lines, or has a block around them, e.g. `{{ if … }}`.
   *
   * @param from the template's line from which on the values are
   */
  isByTemplate(values: readonly string[], from: number): boolean {
    const lines = values.map((value) => this.#lineOf(value, from));
    const to = lines.reduce<number>((last, line) => Math.max(last, line ?? Number.POSITIVE_INFINITY), from);
    let depth = 0;
    for (const { 0: action, 1: keyword = "", index } of this.#template.text.matchAll(templateAction)) {
      if (this.#template.lineAt(index) > to) break;
      if (this.#template.lineAt(index + action.length - 1) >= from) return true;
      if (/^(?:if|range|with|define|block)$/.test(keyword)) depth += 1;
      if (keyword === "end") depth -= 1;
    }
    return depth > 0;
  }

  /** The first line of the template with a text, from a line on. */
  #lineOf(text: string, from: number): number | undefined {
    const { text: template } = this.#template;
    for (let at = template.indexOf(text); at !== -1; at = template.indexOf(text, at + 1)) {
      const line = this.#template.lineAt(at);
      if (line >= from) return line;
    }
    return undefined;
  }

  /** A change of the rendered text as a change of the template. */
  inTemplate({ shown, edits }: TextChange): TextChange {
    const map = (edit: TextEdit): TextEdit => ({
      ...edit,
      start: this.#templateOffset(edit.start) ?? edit.start,
      end: this.#templateOffset(edit.end) ?? edit.end,
    });
    return { shown: map(shown), edits: edits.map(map) };
  }

  #templateOffset(offset: number): number | undefined {
    const segment =
      this.#segments.findLast(({ at }) => at <= offset) ?? this.#segments.find(({ length }) => length > 0);
    if (segment === undefined) return undefined;
    if (!segment.isLiteral) return offset >= segment.at + segment.length ? segment.end : segment.start;
    return Math.min(segment.start + offset - segment.at, segment.end);
  }
}

/**
 * Renders a file of the file provider as Traefik does, with the functions that operators use.
 *
 * @param environment the variables of Traefik's container
 * @throws TemplateError for what the suite does not render
 */
export function renderTemplate(template: SourceFile, environment: ReadonlyMap<string, string>): RenderedFile {
  const renderer = new Renderer(template.text, templateFunctions(environment), false);
  renderer.render(parseTemplate(template.text));
  return new RenderedFile(template, renderer.text, renderer.segments);
}

/**
 * Renders a short template, e.g. a default rule.
 *
 * @throws TemplateError for what the suite does not render
 */
export function renderText(text: string, data: TemplateValue): string {
  const renderer = new Renderer(text, templateFunctions(new Map()), data);
  renderer.render(parseTemplate(text));
  return renderer.text;
}

class Renderer {
  text = "";
  readonly segments: Segment[] = [];
  readonly #template: string;
  readonly #functions: ReadonlyMap<string, TemplateFunction>;
  readonly #root: TemplateValue;
  #dot: TemplateValue;
  #variables: ReadonlyMap<string, { value: TemplateValue }> = new Map();

  constructor(template: string, functions: ReadonlyMap<string, TemplateFunction>, data: TemplateValue) {
    this.#template = template;
    this.#functions = functions;
    this.#root = data;
    this.#dot = data;
  }

  render(nodes: readonly TemplateNode[]): void {
    for (const node of nodes) {
      switch (node.kind) {
        case "text":
          this.#write(this.#template.slice(node.start, node.end), node, true);
          break;
        case "output":
          this.#output(node.pipeline, node);
          break;
        case "range":
          this.#range(node);
          break;
        default:
          this.#conditional(node);
      }
    }
  }

  #write(text: string, { start, end }: { start: number; end: number }, isLiteral: boolean): void {
    if (this.text.length + text.length > MAX_OUTPUT)
      throw new TemplateError(start, `the template renders to more than ${MAX_OUTPUT / 1024} KiB`);
    this.segments.push({ at: this.text.length, length: text.length, start, end, isLiteral });
    this.text += text;
  }

  #output(pipeline: Pipeline, span: { start: number; end: number }): void {
    const value = this.#run(pipeline);
    const [name] = pipeline.variables;
    if (name === undefined) this.#write(printed(value), span, false);
    else this.#set(name, value);
  }

  #set(name: string, value: TemplateValue): void {
    const known = this.#variables.get(name);
    if (known !== undefined) known.value = value;
    else this.#variables = new Map([...this.#variables, [name, { value }]]);
  }

  /** Variables that a block declares end with it. */
  #block(dot: TemplateValue, variables: readonly (readonly [string, TemplateValue])[], body: readonly TemplateNode[]) {
    const before = { dot: this.#dot, variables: this.#variables };
    this.#dot = dot;
    this.#variables = new Map([...this.#variables, ...variables.map(([name, value]) => [name, { value }] as const)]);
    this.render(body);
    this.#dot = before.dot;
    this.#variables = before.variables;
  }

  #conditional(node: TemplateNode & { kind: "if" | "with" }): void {
    for (const { pipeline, body } of node.branches) {
      const value = this.#run(pipeline);
      if (isEmpty(value)) continue;
      const [name] = pipeline.variables;
      this.#block(node.kind === "with" ? value : this.#dot, name === undefined ? [] : [[name, value]], body);
      return;
    }
    this.#block(this.#dot, [], node.otherwise);
  }

  #range({ pipeline, body, otherwise }: TemplateNode & { kind: "range" }): void {
    const value = this.#run(pipeline);
    const items: (readonly [TemplateValue, TemplateValue])[] = Array.isArray(value)
      ? value.map((item, index) => [index, item] as const)
      : typeof value === "object" && value !== null
        ? Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
        : [];
    if (items.length === 0) this.#block(this.#dot, [], otherwise);
    for (const [key, item] of items) {
      const [first, second] = pipeline.variables;
      const variables: (readonly [string, TemplateValue])[] = [];
      if (second !== undefined && first !== undefined) variables.push([first, key], [second, item]);
      else if (first !== undefined) variables.push([first, item]);
      this.#block(item, variables, body);
    }
  }

  #run({ commands, offset }: Pipeline): TemplateValue {
    let piped: TemplateValue | undefined;
    for (const [head, ...rest] of commands) {
      if (head === undefined) throw new TemplateError(offset, "a command is empty");
      const args = rest.map((operand) => this.#value(operand));
      if (piped !== undefined) args.push(piped);
      piped = head.kind === "function" ? this.#call(head, args) : this.#value(head);
    }
    return piped ?? null;
  }

  #value(operand: Operand): TemplateValue {
    switch (operand.kind) {
      case "value":
        return operand.value;
      case "group":
        return this.#run(operand.pipeline);
      case "function":
        return this.#call(operand, []);
      case "field":
        return stepInto(this.#dot, operand.path);
      case "variable": {
        const value = operand.name === "$" ? this.#root : this.#variables.get(operand.name)?.value;
        return stepInto(value ?? null, operand.path);
      }
    }
  }

  #call({ name, offset }: Operand & { kind: "function" }, args: TemplateValue[]): TemplateValue {
    const called = this.#functions.get(name);
    if (called === undefined) throw new TemplateError(offset, `the suite does not render the function '${name}'`);
    return called(...args);
  }
}

function stepInto(value: TemplateValue, path: readonly string[]): TemplateValue {
  return path.reduce<TemplateValue>(
    (from, step) => (typeof from === "object" && from !== null && !Array.isArray(from) ? (from[step] ?? null) : null),
    value,
  );
}
