import { isMessage } from "../../../helpers/protocol/json-rpc.ts";

/** A text that names nothing on any server: a path, a table or a user of this name does not exist. */
const nothing = "conformance-names-nothing";

/** How deep a schema is followed; one that refers to itself ends there. */
const deepest = 4;

/**
 * Arguments that a tool's schema accepts and that name nothing that exists: the server answers, and nothing happens. Numbers
 * are as small as the schema lets them be, so that a tool which waits or repeats is over at once.
 */
export function harmlessInput(schema: unknown): Record<string, unknown> {
  const value = valueFor(schema, 0);
  return isMessage(value) ? value : {};
}

function valueFor(schema: unknown, depth: number): unknown {
  if (!isMessage(schema)) return nothing;
  const { enum: choices, const: only, type, properties, items, minItems, minimum, anyOf, oneOf } = schema;
  if (only !== undefined) return only;
  if (Array.isArray(choices)) return choices[0];
  const [form] = [anyOf, oneOf].find((forms) => Array.isArray(forms)) ?? [];
  if (form !== undefined) return valueFor(form, depth);
  switch (Array.isArray(type) ? type[0] : type) {
    case "object": {
      if (!isMessage(properties) || depth === deepest) return {};
      return Object.fromEntries(Object.entries(properties).map(([name, own]) => [name, valueFor(own, depth + 1)]));
    }
    case "array":
      return typeof minItems === "number" && minItems > 0
        ? Array.from({ length: minItems }, () => valueFor(items, depth + 1))
        : [];
    case "number":
    case "integer":
      return typeof minimum === "number" ? minimum : 0;
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return nothing;
  }
}
