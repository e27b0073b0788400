import {
  type ArgumentNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import type { Datamodel } from "./datamodel.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** One operation in the JSON protocol of the engine, and the name under which GraphQL expects its result. */
export interface Operation {
  alias: string;
  query: { modelName?: string; action: string; query: { arguments: JsonObject; selection: JsonObject } };
}

/** Actions on a model: a GraphQL field is one of them followed by the model's name. */
const actions = [
  ...["findUnique", "findFirst", "findMany", "createOne", "createMany", "updateOne", "updateMany"],
  ...["upsertOne", "deleteOne", "deleteMany", "aggregate", "groupBy"],
];

/**
 * Translates a GraphQL document of prisma-client-py, which has one operation, into the engine's JSON protocol.
 *
 * @throws {Error} for what prisma-client-py does not send
 */
export function readOperation(document: string, datamodel: Datamodel): Operation {
  const definitions = parse(document, { noLocation: true }).definitions.filter(isOperation);
  const [field, ...others] = definitions.flatMap(({ selectionSet }) => selectionSet.selections);
  if (field?.kind !== Kind.FIELD || others.length > 0) throw new Error("a document must have exactly one operation");
  const { action, model } = readAction(field.name.value);
  const values = argumentsOf(field.arguments);
  return {
    alias: field.alias?.value ?? field.name.value,
    query: {
      ...(model === undefined ? {} : { modelName: model }),
      action,
      query: {
        arguments: model === undefined ? values : mapValues(values, (value) => tagJson(value, model, datamodel)),
        selection: selectionOf(field.selectionSet),
      },
    },
  };
}

function isOperation(definition: { kind: Kind }): definition is OperationDefinitionNode {
  return definition.kind === Kind.OPERATION_DEFINITION;
}

function readAction(name: string): { action: string; model?: string } {
  if (name === "queryRaw" || name === "executeRaw") return { action: name };
  const action = actions.find((prefix) => name.startsWith(prefix));
  if (action === undefined) throw new Error(`the operation ${name} is not supported`);
  const model = name.slice(action.length);
  const throwing = action === "findUnique" || action === "findFirst" ? model.match(/^(.+)OrThrow$/)?.[1] : undefined;
  return throwing === undefined ? { action, model } : { action: `${action}OrThrow`, model: throwing };
}

function argumentsOf(nodes: readonly ArgumentNode[] = []): JsonObject {
  return Object.fromEntries(nodes.map(({ name, value }) => [name.value, readValue(value)]));
}

function readValue(node: ValueNode): Json {
  switch (node.kind) {
    case Kind.INT: {
      const number = Number(node.value);
      return Number.isSafeInteger(number) ? number : { $type: "BigInt", value: node.value };
    }
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map(readValue);
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, readValue(value)]));
    case Kind.VARIABLE:
      throw new Error("variables are not supported");
  }
}

function selectionOf(set: SelectionSetNode | undefined): JsonObject {
  const selection: JsonObject = {};
  for (const node of set?.selections ?? []) {
    if (node.kind !== Kind.FIELD) throw new Error("fragments are not supported");
    const hasArguments = (node.arguments ?? []).length > 0;
    selection[node.name.value] =
      node.selectionSet === undefined && !hasArguments
        ? true
        : { arguments: argumentsOf(node.arguments), selection: selectionOf(node.selectionSet) };
  }
  return selection;
}

const nullValues: readonly Json[] = ["DbNull", "JsonNull", "AnyNull"];

/** Operators whose operand is the JSON value itself; the others take e.g. a path. */
const jsonOperators = [
  ...["set", "equals", "not", "push", "gt", "gte", "lt", "lte"],
  ...["array_contains", "array_starts_with", "array_ends_with"],
];

/**
 * Marks the values of `Json` fields as JSON. GraphQL has them as strings of JSON text; unmarked, the engine would store
 * them as JSON strings, without an error.
 */
function tagJson(value: Json, model: string, datamodel: Datamodel): Json {
  if (Array.isArray(value)) return value.map((item) => tagJson(item, model, datamodel));
  if (!isObject(value)) return value;
  const fields = datamodel.get(model);
  return mapValues(value, (item, key) => {
    const type = fields?.get(key);
    if (type === "Json") return jsonValue(item);
    return tagJson(item, type !== undefined && datamodel.has(type) ? type : model, datamodel);
  });
}

function jsonValue(value: Json): Json {
  if (typeof value === "string") return nullValues.includes(value) ? value : { $type: "Json", value };
  if (Array.isArray(value)) return value.map(jsonValue);
  if (!isObject(value)) return value;
  return mapValues(value, (item, key) => (jsonOperators.includes(key) ? jsonValue(item) : item));
}

function mapValues(object: JsonObject, map: (value: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
