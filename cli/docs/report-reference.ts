import { readFileSync } from "node:fs";
import { fieldsOf, readSchema, type Schema, typeText } from "./schema.ts";
import { markdownTable } from "./table.ts";

/** The schema of conformance.json, relative to the project's root. */
const schemaFile = "reports/conformance.schema.json";

/** The reference of conformance.json: one table, and one for each definition that it refers to. */
export function reportReference(): string {
  const schema = reportSchema();
  const definitions = Object.entries(schema.$defs ?? {}).filter(([, { properties }]) => properties !== undefined);
  return [
    tableOf(schema, schema),
    ...definitions.flatMap(([name, own]) => [`### ${name}`, ...textOf(own.description), tableOf(own, schema)]),
  ].join("\n\n");
}

/** The schema of conformance.json. */
export function reportSchema(): Schema {
  return readSchema(JSON.parse(readFileSync(schemaFile, "utf8")));
}

function tableOf(schema: Schema, root: Schema): string {
  return markdownTable(
    ["field", "type", "meaning"],
    fieldsOf(schema).map((field) => [
      `\`${field.path}\``,
      typeText(field.schema, root),
      field.schema.description ?? "",
    ]),
  );
}

function textOf(description: string | undefined): string[] {
  return description === undefined ? [] : [description];
}
