import { arrayOf, contains, isObject, type JsonObject, objectOf } from "./json.ts";
import type { Script, ScriptedCall, StreamShape, Turn } from "./protocol.ts";

/** An invalid script; the message names the field and the reason. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}

/** The active scripts, by id. */
export class Scripts {
  readonly #scripts = new Map<string, Script>();

  /**
   * Activates a script; it replaces one with the same id.
   *
   * @throws {ScriptError} when another script has the same token, so that it would be undefined which one answers
   */
  put(id: string, script: Script): void {
    for (const [other, { match }] of this.#scripts) {
      if (other !== id && match.includes === script.match.includes)
        throw new ScriptError(`match.includes: script ${other} has the same token`);
    }
    this.#scripts.set(id, script);
  }

  delete(id: string): boolean {
    return this.#scripts.delete(id);
  }

  get size(): number {
    return this.#scripts.size;
  }

  /**
   * The script whose token the body contains; of several, the one with the longest token.
   *
   * @throws {ScriptError} when the body contains two longest tokens
   */
  matching(body: unknown): { id: string; script: Script } | undefined {
    const matches = [...this.#scripts]
      .map(([id, script]) => ({ id, script, length: script.match.includes.length }))
      .filter(({ script }) => contains(body, script.match.includes))
      .sort((one, other) => other.length - one.length);
    const [first, second] = matches;
    if (first !== undefined && second?.length === first.length)
      throw new ScriptError(`the request contains the tokens of both ${first.id} and ${second.id}`);
    return first;
  }
}

/**
 * The turn that answers a request.
 *
 * @param results tool results since the last user message
 * @throws {ScriptError} when the script has no turn for this number of results
 */
export function nextTurn(turns: readonly Turn[], results: number): { index: number; turn: Turn } {
  let expected = 0;
  for (const [index, turn] of turns.entries()) {
    if (expected === results) return { index, turn };
    if (!("call" in turn)) break;
    expected += turn.call.length;
    if (expected > results)
      throw new ScriptError(`the request contains ${results} tool results, but turn ${index} needs ${expected}`);
  }
  throw new ScriptError(`the request contains ${results} tool results, but the script ends after ${expected}`);
}

/**
 * Reads a script from the body of `PUT /_scripts/<id>`.
 *
 * @throws {ScriptError} naming the field
 */
export function parseScript(value: unknown): Script {
  const { match, turns, providerKeys, ...unknown } = object(value, "the script");
  noOthers(unknown, "the script");
  const { includes, ...others } = object(match, "match");
  noOthers(others, "match");
  if (!Array.isArray(turns) || turns.length === 0) throw new ScriptError("turns: a list with at least one turn");
  const parsed = turns.map((turn, index) => parseTurn(turn, `turns[${index}]`));
  const last = parsed.findIndex((turn) => !("call" in turn));
  if (last !== -1 && last < parsed.length - 1)
    throw new ScriptError(`turns[${last + 1}]: never used, because turns[${last}] calls no tool`);
  return {
    match: { includes: text(includes, "match.includes") },
    turns: parsed,
    ...(providerKeys === undefined ? {} : { providerKeys: parseKeys(providerKeys) }),
  };
}

function parseKeys(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object(value, "providerKeys")).map(([name, key]) => [name, text(key, `providerKeys.${name}`)]),
  );
}

const kinds = ["say", "call", "fail", "hang", "disconnect"] as const;

function parseTurn(value: unknown, where: string): Turn {
  const { stream, ...turn } = object(value, where);
  const [kind, ...more] = Object.keys(turn);
  const known = kinds.find((name) => name === kind);
  if (known === undefined || more.length > 0)
    throw new ScriptError(`${where}: must have exactly one of ${kinds.join(", ")}; stream is allowed with say or call`);
  const content = turn[known];
  const shape = stream === undefined ? {} : { stream: parseShape(stream, `${where}.stream`) };
  if (known === "say") return { say: parseSay(content, `${where}.say`), ...shape };
  if (known === "call") return { call: parseCalls(content, `${where}.call`), ...shape };
  if (stream !== undefined) throw new ScriptError(`${where}.stream: allowed only with say or call`);
  if (known === "fail") return { fail: parseFail(content, `${where}.fail`) };
  if (content !== true) throw new ScriptError(`${where}.${known}: true`);
  return known === "hang" ? { hang: true } : { disconnect: true };
}

function parseSay(value: unknown, where: string) {
  if (typeof value === "string") return value;
  const { from, template, ...others } = object(value, where);
  noOthers(others, where);
  if (from !== "tool-results") throw new ScriptError(`${where}.from: "tool-results"`);
  return { from, ...(template === undefined ? {} : { template: text(template, `${where}.template`) }) } as const;
}

function parseCalls(value: unknown, where: string): ScriptedCall[] {
  const calls = arrayOf(value);
  if (calls.length === 0) throw new ScriptError(`${where}: a list with at least one call`);
  return calls.map((call, index) => {
    const { tool, arguments: input, ...others } = object(call, `${where}[${index}]`);
    noOthers(others, `${where}[${index}]`);
    return {
      tool: text(tool, `${where}[${index}].tool`),
      arguments: { ...object(input, `${where}[${index}].arguments`) },
    };
  });
}

function parseFail(value: unknown, where: string) {
  const { status, body, headers, ...others } = object(value, where);
  noOthers(others, where);
  if (typeof status !== "number" || !Number.isInteger(status) || status < 400 || status > 599)
    throw new ScriptError(`${where}.status: a status from 400 to 599`);
  const sent = Object.entries(objectOf(headers)).map(([name, one]) => [name, text(one, `${where}.headers.${name}`)]);
  return {
    status,
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers: Object.fromEntries(sent) as Record<string, string> }),
  };
}

function parseShape(value: unknown, where: string): StreamShape {
  const shape = object(value, where);
  const fields = ["chunks", "delayMs", "cutAfter"] as const;
  for (const [name, number] of Object.entries(shape)) {
    const least = name === "chunks" ? 1 : 0;
    if (!fields.some((field) => field === name)) throw new ScriptError(`${where}.${name}: no such field`);
    if (typeof number !== "number" || !Number.isInteger(number) || number < least)
      throw new ScriptError(`${where}.${name}: a whole number from ${least}`);
  }
  return shape;
}

function object(value: unknown, where: string): JsonObject {
  if (!isObject(value)) throw new ScriptError(`${where}: an object`);
  return value;
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string" || value === "") throw new ScriptError(`${where}: a text that is not empty`);
  return value;
}

function noOthers(others: JsonObject, where: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw new ScriptError(`${where}: unknown field ${name}`);
}
