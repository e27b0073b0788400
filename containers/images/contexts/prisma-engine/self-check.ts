import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import type { QueryEngine } from "./query-engine.ts";

/** What the self-check needs of the engine. */
export type CheckedEngine = Pick<QueryEngine, "query" | "startTransaction" | "rollback">;

/** Values that break a translation which quotes too little or too much. */
const json: Json = { list: [1, 2.5, null, { text: 'quoted "ü" 😀' }], empty: {} };
const list = ["plain", 'quoted "', "comma,", "{brace}", ""];

/**
 * Writes into LiteLLM's tables as LiteLLM does, in a transaction that is rolled back: a JSON value, an array and a row that
 * exists already. It leaves nothing in the database.
 *
 * @throws {Error} beginning with `self-check failed`: the engine, not the gateway, is wrong
 */
export async function selfCheck(engine: CheckedEngine): Promise<void> {
  const name = `engine-self-check-${randomUUID()}`;
  const { id } = await engine.startTransaction('{"max_wait": 5000, "timeout": 30000}');
  if (typeof id !== "string") throw failure("a transaction starts", "no id");
  try {
    await checkJson(engine, id, name);
    await checkList(engine, id, name);
    await checkUnique(engine, id, name);
  } finally {
    await engine.rollback(id);
  }
  const left = await ask(
    engine,
    undefined,
    `query { result: findUniqueLiteLLM_Config(where: {param_name: ${quote(name)}}) { param_name } }`,
  );
  if (left !== null) throw failure("a rolled back transaction leaves nothing", JSON.stringify(left));
}

async function checkJson(engine: CheckedEngine, transaction: string, name: string): Promise<void> {
  const text = JSON.stringify(json);
  const row = `{param_name: ${quote(name)}, param_value: ${quote(text)}}`;
  const made = await ask(
    engine,
    transaction,
    `mutation { result: createOneLiteLLM_Config(data: ${row}) { param_value } }`,
  );
  const stored = isObject(made) && typeof made.param_value === "string" ? parseJson(made.param_value) : null;
  if (!isDeepStrictEqual(stored, json)) throw failure("JSON is read as it was written", JSON.stringify(made));
  // A value that was encoded twice is read back unchanged, but is a string for PostgreSQL.
  const sql = 'SELECT jsonb_typeof(param_value) AS type FROM "LiteLLM_Config" WHERE param_name = $1';
  const raw = await ask(
    engine,
    transaction,
    `mutation { result: queryRaw(query: ${quote(sql)}, parameters: ${quote(JSON.stringify([name]))}) }`,
  );
  const expected = [{ type: { prisma__type: "string", prisma__value: "object" } }];
  if (!isDeepStrictEqual(raw, expected)) throw failure("JSON is stored as an object", JSON.stringify(raw));
}

async function checkList(engine: CheckedEngine, transaction: string, name: string): Promise<void> {
  const row = `{team_id: ${quote(name)}, members: {set: [${list.map(quote).join(", ")}]}}`;
  const made = await ask(
    engine,
    transaction,
    `mutation { result: createOneLiteLLM_TeamTable(data: ${row}) { members } }`,
  );
  if (!isObject(made) || !isDeepStrictEqual(made.members, list))
    throw failure("an array is read as it was written", JSON.stringify(made));
}

/** The last check of a transaction: PostgreSQL runs nothing in it after an error. */
async function checkUnique(engine: CheckedEngine, transaction: string, name: string): Promise<void> {
  const document = `mutation { result: createOneLiteLLM_Config(data: {param_name: ${quote(name)}}) { param_name } }`;
  const { errors } = await engine.query({ query: document }, transaction);
  const [error] = Array.isArray(errors) ? errors : [];
  const code = isObject(error) && isObject(error.user_facing_error) ? error.user_facing_error.error_code : undefined;
  if (code !== "P2002") throw failure("a second row with the same key is refused with P2002", JSON.stringify(errors));
}

async function ask(
  engine: CheckedEngine,
  transaction: string | undefined,
  document: string,
): Promise<Json | undefined> {
  const response: JsonObject = await engine.query({ query: document }, transaction);
  if (!isObject(response.data)) throw failure("a request is answered", JSON.stringify(response));
  return response.data.result;
}

function failure(expected: string, actual: string): Error {
  return new Error(`self-check failed: expected that ${expected}, got ${actual}`);
}

/** JSON's strings are GraphQL's. */
function quote(text: string): string {
  return JSON.stringify(text);
}
