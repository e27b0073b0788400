import { z } from "zod";

/** The part of JSON Schema that the reference tables show. */
const schemaShape = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  default: z.json().optional(),
  type: z.union([z.string().transform((type) => [type]), z.array(z.string())]).optional(),
  enum: z.array(z.json()).optional(),
  const: z.json().optional(),
  format: z.string().optional(),
  required: z.array(z.string()).default([]),
  $ref: z.string().optional(),
  get properties() {
    return z.record(z.string(), schemaShape).optional();
  },
  get items() {
    return schemaShape.optional();
  },
  /** Of a mapping whose keys are the writer's own. */
  get additionalProperties() {
    return z.union([z.boolean().transform(() => undefined), schemaShape]).optional();
  },
  get anyOf() {
    return z.array(schemaShape).optional();
  },
  get oneOf() {
    return z.array(schemaShape).optional();
  },
  get $defs() {
    return z.record(z.string(), schemaShape).optional();
  },
});

/** A JSON Schema, as far as the reference tables show it. */
export type Schema = z.infer<typeof schemaShape>;

/** A field of a document that a schema describes. */
export interface SchemaField {
  /** From the document's root, e.g. `hosts[].name`. */
  path: string;
  schema: Schema;
  /** Whether the mapping that contains it must have it. */
  required: boolean;
}

/** Reads a JSON Schema. */
export function readSchema(data: unknown): Schema {
  return schemaShape.parse(data);
}

/**
 * The definition that a schema refers to, by its name in `$defs`; undefined for a schema without a reference.
 *
 * @throws {Error} for a reference to anything else
 */
export function definitionOf(schema: Schema, root: Schema): { name: string; schema: Schema } | undefined {
  if (schema.$ref === undefined) return undefined;
  const name = schema.$ref.replace("#/$defs/", "");
  const definition = root.$defs?.[name];
  if (definition === undefined) throw new Error(`the schema has no ${schema.$ref}`);
  return { name, schema: definition };
}

/** Every field of an object, each followed by the fields within it. What a definition contains is not followed. */
export function fieldsOf({ properties = {}, required }: Schema, within = ""): SchemaField[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = within === "" ? name : `${within}.${name}`;
    return [{ path, schema, required: required.includes(name) }, ...fieldsWithin(schema, path)];
  });
}

/** The fields within a field: of an object, of the items of a list, of the values of a mapping with keys of the writer's own, or of one of several forms. */
export function fieldsWithin(schema: Schema, path: string): SchemaField[] {
  if (schema.items !== undefined) return fieldsOf(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) return fieldsOf(schema.additionalProperties, `${path}.*`);
  return [schema, ...formsOf(schema)].flatMap((form) => fieldsOf(form, path));
}

/**
 * A field's type in words, e.g. `list of ports`; a title is the type's own name.
 *
 * @param objectName what the document's format calls an object, e.g. `mapping`
 */
export function typeText(schema: Schema, root: Schema, objectName = "object"): string {
  const { title, items, type = [] } = schema;
  const text = (inner: Schema): string => typeText(inner, root, objectName);
  if (title !== undefined) return title;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  const definition = definitionOf(schema, root);
  if (definition?.schema.properties !== undefined) return `[${definition.name}](#${definition.name})`;
  if (definition !== undefined) return text(definition.schema);
  const forms = formsOf(schema);
  if (forms.length > 0) return forms.map(text).toSorted(nullLast).join(" or ");
  if (items !== undefined) return `list of ${plural(text(items))}`;
  const names: Readonly<Record<string, string>> = { object: objectName, string: schema.format ?? "string" };
  return type.map((name) => names[name] ?? name).join(" or ");
}

function formsOf({ anyOf = [], oneOf = [] }: Schema): readonly Schema[] {
  return [...anyOf, ...oneOf];
}

/** Of a type's name; a list of values and a link stay as they are. */
function plural(name: string): string {
  if (!/[a-z]$/.test(name)) return name;
  return name.endsWith("s") ? `${name}es` : `${name}s`;
}

function nullLast(one: string, other: string): number {
  return Number(one === "null") - Number(other === "null");
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}
