import { isObject, type Json, type JsonObject } from "./json.ts";

/** The result of one operation as GraphQL has it: under its alias, and with plain values. */
export function writeResult(alias: string, result: Json): JsonObject {
  if (!isObject(result)) throw new Error(`the engine answered ${JSON.stringify(result)}`);
  const { data } = result;
  if (!isObject(data)) return result;
  const [[name, value] = ["", null]] = Object.entries(data);
  return { data: { [alias]: name === "queryRaw" ? rawRows(value) : plainValues(value) } };
}

/** `{"$type": "DateTime", "value": "…"}` becomes the value alone. */
function plainValues(value: Json): Json {
  if (Array.isArray(value)) return value.map(plainValues);
  if (!isObject(value)) return value;
  if (typeof value.$type === "string" && value.value !== undefined) return value.value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValues(item)]));
}

/**
 * Rows of a raw query in the form of Prisma 5.4, which prisma-client-py 0.11.0 expects: an object for each row, with a type
 * for each value. The engine has columns, types and rows apart.
 */
function rawRows(value: Json): Json {
  if (!isObject(value)) return value;
  const columns = texts(value.columns);
  const types = texts(value.types);
  const rows = Array.isArray(value.rows) ? value.rows : [];
  return rows.map((row) => {
    const cells = Array.isArray(row) ? row : [];
    return Object.fromEntries(
      columns.map((column, index) => [column, rawCell(cells[index] ?? null, types[index] ?? "string")]),
    );
  });
}

function rawCell(value: Json, type: string): JsonObject {
  if (value === null) return { prisma__type: "null", prisma__value: null };
  if (!type.endsWith("-array") || !Array.isArray(value)) return { prisma__type: type, prisma__value: value };
  const itemType = type.slice(0, -"-array".length);
  return { prisma__type: "array", prisma__value: value.map((item) => rawCell(item, itemType)) };
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** An error in the form of the native engine. */
export function errorResponse(message: string, details: JsonObject = {}): JsonObject {
  return { errors: [{ error: message, user_facing_error: { is_panic: false, message, meta: {}, ...details } }] };
}
