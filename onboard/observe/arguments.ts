import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { isMessage, type Message } from "../../helpers/protocol/json-rpc.ts";
import { valueFault } from "../../helpers/protocol/json-schema.ts";
import type { Attack } from "./observations.ts";
import type { Trap } from "./subject.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** The properties of a tool's arguments, by name. */
function propertiesOf(tool: Tool): [string, Message][] {
  const { properties } = tool.inputSchema as Message;
  return isMessage(properties)
    ? Object.entries(properties).map(([name, schema]) => [name, isMessage(schema) ? schema : {}])
    : [];
}

function requiredOf(tool: Tool): readonly string[] {
  const { required } = tool.inputSchema;
  return Array.isArray(required) ? required : [];
}

/** Arguments that the schema allows: what it requires, and nothing more. */
export function sampleArguments(tool: Tool): Arguments {
  const required = requiredOf(tool);
  return Object.fromEntries(
    propertiesOf(tool).flatMap(([name, schema]) => (required.includes(name) ? [[name, sampleValue(schema)]] : [])),
  );
}

function sampleValue(schema: Message): unknown {
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  switch (typeOf(schema)) {
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 1;
    case "boolean":
      return false;
    case "array":
      return isMessage(schema.items) && Number(schema.minItems ?? 0) > 0 ? [sampleValue(schema.items)] : [];
    case "object":
      return {};
    default:
      return "sample";
  }
}

/** The type of a value; of several, the first that is not null. */
function typeOf(schema: Message): string {
  const { type, anyOf } = schema;
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return String(type.find((one) => one !== "null"));
  if (!Array.isArray(anyOf)) return "string";
  const forms = anyOf.filter(isMessage).map(typeOf);
  return forms.find((form) => form !== "null") ?? "string";
}

/** Arguments that the schema forbids; empty where it allows everything. */
export function badArguments(tool: Tool): Arguments[] {
  const required = requiredOf(tool);
  const wrongType = propertiesOf(tool)
    .map(([name, schema]) => [name, wrongValue(tool, name, schema)] as const)
    .find(([, value]) => value !== undefined);
  return [
    ...(required.length > 0 ? [{}] : []),
    ...(wrongType === undefined ? [] : [{ ...sampleArguments(tool), [wrongType[0]]: wrongType[1] }]),
  ];
}

/** A value that the schema forbids; undefined where it allows a text and an object, e.g. of a model without required fields. */
function wrongValue({ inputSchema }: Tool, name: string, schema: Message): unknown {
  const values: readonly unknown[] = [{ not: ["the", "type"] }, "no object"];
  const ordered = typeOf(schema) === "object" ? values.toReversed() : values;
  const alone = { ...inputSchema, properties: { [name]: schema }, required: [] };
  return ordered.find((value) => {
    try {
      return valueFault(alone, { [name]: value }) !== undefined;
    } catch {
      // A schema that can't be used: its types are read as they are written.
      return schema.type !== undefined || schema.anyOf !== undefined;
    }
  });
}

/** The most properties of a tool that get canaries, so that a wide tool does not take all of the time. */
const mostProperties = 3;

/**
 * Calls that try to leave what the tool is for, one canary in one argument each.
 *
 * @param nextMark gives a path that no other call has, so that the one whose shell ran is known
 */
export function hostileArguments(
  tool: Tool,
  { file }: Pick<Trap, "file">,
  nextMark: () => string,
): { attack: Attack; arguments: Arguments; mark?: string }[] {
  const texts = propertiesOf(tool).filter(([, schema]) => typeOf(schema) === "string" && !Array.isArray(schema.enum));
  const base = sampleArguments(tool);
  return texts.slice(0, mostProperties).flatMap(([name]) => {
    const filled = (payload: string): Arguments => ({ ...base, [name]: payload });
    const shell = (payload: (mark: string) => string) => {
      const mark = nextMark();
      return { attack: "shell" as const, arguments: filled(payload(mark)), mark };
    };
    return [
      { attack: "traversal" as const, arguments: filled(`../../../../../../../..${file}`) },
      // In double quotes or none, and in single ones.
      shell((mark) => `x$(touch ${mark})`),
      shell((mark) => `x'; touch ${mark}; '`),
      { attack: "SQL" as const, arguments: filled("x'; CREATE TABLE onboarding_canary (n int); --") },
    ];
  });
}
