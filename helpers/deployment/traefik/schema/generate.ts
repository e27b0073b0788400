import { parse } from "yaml";

/**
 * A section or an option of Traefik's configuration, as JSON schema. Names are in lower case, since Traefik ignores case;
 * `title` is the name as Traefik's documentation writes it.
 */
export interface OptionSchema {
  title?: string;
  /** A section that may also be set to `true` as a whole has `["object", "boolean"]`. */
  type?: "object" | "array" | "string" | "boolean" | "integer" | readonly ["object", "boolean"];
  format?: "duration";
  properties?: Record<string, OptionSchema>;
  /** The value of any other name; false where there is none. */
  additionalProperties?: OptionSchema | boolean;
  items?: OptionSchema;
}

/**
 * The shape of the static configuration. Traefik's reference file has names and types, its list of flags every name.
 *
 * @param files Traefik's `file.yaml` of several versions: every option with a sample value (`foobar`, 42, `42s`, true), and
 *   `EntryPoint0`, `name1` where names are the operator's
 * @param flags the flags of several versions: `entrypoints._name_.address`
 */
export function schemaOfStatic(files: readonly string[], flags: readonly string[]): OptionSchema {
  const schema = files.map((text) => shapeOf(parse(text, { uniqueKeys: false }))).reduce(merged);
  for (const flag of flags) addFlag(schema, flag);
  return schema;
}

function shapeOf(sample: unknown, name?: string): OptionSchema {
  const title = titleOf(name);
  if (Array.isArray(sample))
    return { ...title, type: "array", items: sample.map((item) => shapeOf(item)).reduce(merged) };
  if (typeof sample === "object" && sample !== null) {
    const entries = Object.entries(sample);
    if (entries.length > 0 && entries.every(([key]) => isPlaceholder(key))) {
      return {
        ...title,
        type: "object",
        additionalProperties: entries.map(([, item]) => shapeOf(item)).reduce(merged),
      };
    }
    const properties = Object.fromEntries(entries.map(([key, item]) => [key.toLowerCase(), shapeOf(item, key)]));
    return { ...title, type: "object", properties, additionalProperties: false };
  }
  if (typeof sample === "boolean") return { ...title, type: "boolean" };
  if (typeof sample === "number") return { ...title, type: "integer" };
  return { ...title, type: "string", ...(sample === "42s" ? { format: "duration" } : {}) };
}

function titleOf(name: string | undefined): { title?: string } {
  return name === undefined || name === name.toLowerCase() ? {} : { title: name };
}

/** Whether a name is a placeholder for any name: `Router0`, `name1`. */
function isPlaceholder(name: string): boolean {
  return /\d$/.test(name) && !/^http[23]$/.test(name);
}

function merged(one: OptionSchema, other: OptionSchema): OptionSchema {
  const properties = { ...one.properties };
  for (const [name, own] of Object.entries(other.properties ?? {})) {
    const before = properties[name];
    properties[name] = before === undefined ? own : merged(before, own);
  }
  const [first, second] = [one.additionalProperties, other.additionalProperties];
  const additional =
    typeof first === "object" && typeof second === "object" ? merged(first, second) : (first ?? second);
  return {
    ...other,
    ...one,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(additional === undefined ? {} : { additionalProperties: additional }),
    ...(one.items && other.items ? { items: merged(one.items, other.items) } : {}),
  };
}

function addFlag(schema: OptionSchema, flag: string): void {
  let section = schema;
  const steps = flag.toLowerCase().split(".");
  for (const [index, step] of steps.entries()) {
    const name = step.replace(/\[\w+\]$/, "");
    const any = typeof section.additionalProperties === "object" ? section.additionalProperties : undefined;
    let next = section.properties?.[name] ?? any;
    if (next === undefined) {
      next = index === steps.length - 1 ? { type: "string" } : { type: "object" };
      if (name === "_name_") section.additionalProperties = next;
      else section.properties = { ...section.properties, [name]: next };
    }
    if (index < steps.length - 1 && next.type === "string") next.type = "object";
    section = next.type === "array" ? (next.items ?? next) : next;
  }
}

/** A type of Traefik's Go source. */
type GoType = { alias: string } | { fields: readonly GoField[]; embedded: readonly string[] };

interface GoField {
  name: string;
  type: string;
  tags: string;
}

/**
 * The shape of labels, from the Go types into which Traefik decodes them (paerser: a label's name is the field's name
 * without regard to case, `label:"-"` leaves a field out, `label-slice-as-struct` renames a list).
 *
 * @param versions the Go sources of each version's types; the first file has `Configuration`
 */
export function schemaOfLabels(versions: readonly (readonly string[])[]): OptionSchema {
  return versions.map((sources) => goSchema("Configuration", goTypes(sources), "label")).reduce(merged);
}

/** The shape of the file provider's files, from the same Go types: `file:"-"` leaves a field out, and lists stay lists. */
export function schemaOfFiles(versions: readonly (readonly string[])[]): OptionSchema {
  return versions.map((sources) => goSchema("Configuration", goTypes(sources), "file")).reduce(merged);
}

function goTypes(sources: readonly string[]): Map<string, GoType> {
  const types = new Map<string, GoType>();
  for (const source of sources) {
    for (const [, name = "", alias] of source.matchAll(/^type (\w+) ((?:map|\[\])\S+|string|int)/gm)) {
      if (alias !== undefined && !types.has(name)) types.set(name, { alias });
    }
    for (const [, name = "", body = ""] of source.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      const fields = [...body.matchAll(/^\t([A-Z]\w*)\s+(\S+)\s+`([^`]*)`/gm)].map(
        ([, field = "", type = "", tags = ""]) => ({ name: field, type, tags }),
      );
      const embedded = [...body.matchAll(/^\t([A-Z]\w*)\s+`[^`]*inline[^`]*`/gm)].flatMap(([, type]) => type ?? []);
      if (!types.has(name)) types.set(name, { fields, embedded });
    }
  }
  return types;
}

function goSchema(type: string, types: ReadonlyMap<string, GoType>, tag: "label" | "file"): OptionSchema {
  const own = type.replace(/^\*/, "");
  if (own === "ptypes.Duration") return { type: "string", format: "duration" };
  if (own === "bool") return { type: "boolean" };
  if (/^u?int\d*$/.test(own)) return { type: "integer" };
  if (own.startsWith("[]")) return { type: "array", items: goSchema(own.slice(2), types, tag) };
  const value = /^map\[\w+\](.*)$/.exec(own)?.[1];
  if (value !== undefined) return { type: "object", additionalProperties: goSchema(value, types, tag) };
  const named = types.get(own.replace(/^\w+\./, ""));
  if (named === undefined) return { type: "string" };
  if ("alias" in named) return goSchema(named.alias, types, tag);
  const properties: Record<string, OptionSchema> = {};
  for (const type of named.embedded) Object.assign(properties, goSchema(type, types, tag).properties);
  for (const field of named.fields) {
    if (new RegExp(`\\b${tag}:"-"`).test(field.tags)) continue;
    const renamed = tag === "label" ? /label-slice-as-struct:"(\w+)"/.exec(field.tags)?.[1] : undefined;
    const schema = goSchema(renamed === undefined ? field.type : field.type.replace(/^\[\]/, ""), types, tag);
    const name = renamed ?? /json:"(\w+)/.exec(field.tags)?.[1] ?? field.name;
    const empty = schema.type === "object" && new RegExp(`${tag}:"allowEmpty"`).test(field.tags);
    properties[(renamed ?? field.name).toLowerCase()] = {
      ...titleOf(name),
      ...schema,
      ...(empty ? { type: ["object", "boolean"] as const } : {}),
    };
  }
  return { type: "object", properties, additionalProperties: false };
}
