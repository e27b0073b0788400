import { stringify } from "yaml";
import { z } from "zod";
import { policyShape } from "../../helpers/deployment/policy/policy-shape.ts";
import { fieldsWithin, readSchema, type Schema, type SchemaField, typeText } from "./schema.ts";
import { markdownTable } from "./table.ts";

/** The reference of policy.yaml: a table of its keys, and a section for each key that contains others. */
export function policyReference(): string {
  const schema = policySchema();
  const keys = Object.entries(schema.properties ?? {}).map(([name, own]) => ({
    field: { path: name, schema: own, required: schema.required.includes(name) },
    inner: fieldsWithin(own, name),
  }));
  const summary = keys.map(({ field, inner }) => {
    const [key = "", ...others] = row(field, schema);
    return [inner.length === 0 ? key : `[${key}](#${field.path})`, ...others];
  });
  const sections = keys
    .filter(({ inner }) => inner.length > 0)
    .map(({ field: { path, schema: own }, inner }) => {
      const rows = inner.map((field) => row(field, schema));
      return `## ${path}\n\n${own.description ?? ""}\n\n${tableOf(rows)}`;
    });
  return ["## Keys", tableOf(summary), ...sections].join("\n\n");
}

/** The policy's shape as a JSON Schema of what an operator writes. */
export function policySchema(): Schema {
  const schema = z.toJSONSchema(policyShape, {
    io: "input",
    // zod leaves out the default of what is transformed afterwards.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodDefault) jsonSchema.default ??= zodSchema.def.defaultValue;
    },
  });
  return readSchema(schema);
}

function tableOf(rows: readonly (readonly string[])[]): string {
  return markdownTable(["key", "type", "required", "default", "meaning"], rows);
}

function row({ path, schema, required }: SchemaField, root: Schema): string[] {
  const type = typeText(schema, root, "mapping");
  return [`\`${path}\``, type, required ? "yes" : "no", defaultText(schema), schema.description ?? ""];
}

/** The default as YAML. That of a mapping whose keys have defaults of their own is not shown. */
function defaultText({ default: value }: Schema): string {
  if (value === undefined || JSON.stringify(value) === "{}") return "";
  return `\`${stringify(value, { collectionStyle: "flow", flowCollectionPadding: false }).trim()}\``;
}
