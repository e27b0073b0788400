/** Model to field to type, as the schema names it, without `?` and `[]`. */
export type Datamodel = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The models of a Prisma schema. Only their fields' types are needed: which are `Json`, and which are other models. */
export function readDatamodel(schema: string): Datamodel {
  const models = new Map<string, Map<string, string>>();
  for (const [, model = "", body = ""] of schema.matchAll(/^model\s+(\w+)\s*\{([\s\S]*?)^\}/gm)) {
    const fields = new Map<string, string>();
    for (const line of body.split("\n")) {
      const [, field, type] = /^\s*(\w+)\s+(\w+)/.exec(line) ?? [];
      if (field !== undefined && type !== undefined) fields.set(field, type);
    }
    models.set(model, fields);
  }
  return models;
}
