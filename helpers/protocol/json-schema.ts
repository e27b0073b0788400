import { Ajv } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";

/** A schema of a tool: its input or its output. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const dialects = {
  "draft-06": Ajv,
  "draft-07": Ajv,
  "2019-09": Ajv2019,
  "2020-12": Ajv2020,
} as const;

type Dialect = keyof typeof dialects;

const validators = new Map<Dialect, Ajv>();

/** Why a schema is invalid in its own dialect; undefined for a valid one, and for one of a dialect that the suite does not know. */
export function schemaFault(schema: JsonSchema): string | undefined {
  const judged = inOwnDialect(schema);
  if (judged === undefined) return undefined;
  const { validator, plain } = judged;
  return validator.validateSchema(plain) === true ? undefined : validator.errorsText(validator.errors);
}

/**
 * Why a value is against a schema; undefined also where the schema's dialect is unknown.
 *
 * @throws {Error} when the schema can't be used, for example with a reference that leads nowhere
 */
export function valueFault(schema: JsonSchema, value: unknown): string | undefined {
  const judged = inOwnDialect(schema);
  if (judged === undefined) return undefined;
  const { validator, plain } = judged;
  return validator.validate(plain, value) ? undefined : validator.errorsText();
}

/** A schema without `$schema`, whose address has several spellings, and the validator of its dialect. */
function inOwnDialect({ $schema, ...plain }: JsonSchema): { validator: Ajv; plain: JsonSchema } | undefined {
  const dialect = dialectOf($schema);
  if (dialect === undefined) return undefined;
  // Schemas of several servers may have the same $id: none of them is kept.
  const validator =
    validators.get(dialect) ?? new dialects[dialect]({ strict: false, logger: false, addUsedSchema: false });
  validators.set(dialect, validator);
  return { validator, plain };
}

/** 2020-12 where a schema names no dialect (MCP 2025-11-25, tools). */
function dialectOf(address: unknown): Dialect | undefined {
  if (address === undefined) return "2020-12";
  const known = Object.keys(dialects) as Dialect[];
  return known.find((dialect) =>
    String(address).includes(`json-schema.org/${dialect.replace(/^2/, "draft/2")}/schema`),
  );
}
