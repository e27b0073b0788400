import { parse } from "yaml";

/**
 * A section or an option of Traefik's configuration, as JSON schema. Names are in lower case, since Traefik ignores case;
 * `title` has the name as Traefik's documentation writes it.
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
 * The shape of Traefik's configuration, from the reference files that Traefik generates of its own types: each has every
 * option once with a sample value (`foobar`, 42, `42s`, true), and `Router0`, `name1` where names are the operator's.
 *
 * @param references one file per version of Traefik; an option of any of them is known
 */
export function schemaOfFiles(references: readonly string[]): OptionSchema {
  return references.map((text) => shapeOf(parse(text, { uniqueKeys: false }))).reduce(merged);
}

/**
 * The shape of Traefik's labels, which have some options that files do not have, and lack others.
 *
 * @param files the shape of the dynamic configuration in files, which has the types
 * @param references Traefik's samples of labels, one per version
 */
export function schemaOfLabels(files: OptionSchema, references: readonly string[]): OptionSchema {
  const schema = structuredClone(files);
  const used = new Set([schema]);
  for (const text of references) for (const label of parse(text) as string[]) addLabel(schema, label, used);
  return pruned(schema, used);
}

function shapeOf(sample: unknown, title?: string): OptionSchema {
  const named: OptionSchema = title === undefined || title === title.toLowerCase() ? {} : { title };
  if (Array.isArray(sample))
    return { ...named, type: "array", items: sample.map((item) => shapeOf(item)).reduce(merged) };
  if (typeof sample === "object" && sample !== null) {
    const entries = Object.entries(sample);
    const own = entries.length > 0 && entries.every(([name]) => isPlaceholder(name));
    if (own) {
      const value = entries.map(([, item]) => shapeOf(item)).reduce(merged);
      return { ...named, type: "object", additionalProperties: value };
    }
    return {
      ...named,
      type: "object",
      properties: Object.fromEntries(entries.map(([name, item]) => [name.toLowerCase(), shapeOf(item, name)])),
      additionalProperties: false,
    };
  }
  if (typeof sample === "boolean") return { ...named, type: "boolean" };
  if (typeof sample === "number") return { ...named, type: "integer" };
  if (sample === "42s") return { ...named, type: "string", format: "duration" };
  return { ...named, type: "string" };
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

/** Adds the option of one label, `traefik.http.routers.router0.tls=true`. */
function addLabel(schema: OptionSchema, label: string, used: Set<OptionSchema>): void {
  const [key = "", value = ""] = label.split(/=(.*)/s);
  let section = schema;
  const steps = key.split(".").slice(1);
  for (const [index, step] of steps.entries()) {
    const last = index === steps.length - 1;
    const name = step.replace(/\[\d+\]$/, "");
    section.properties ??= {};
    const { additionalProperties: any } = section;
    const next =
      section.properties[name.toLowerCase()] ??
      (typeof any === "object" ? any : undefined) ??
      shapeOf(last ? sampleIn(value) : {}, name);
    if (next !== any) section.properties[name.toLowerCase()] = next;
    if (last && next.type === "object" && value === "true") next.type = ["object", "boolean"];
    used.add(next);
    if (next.items !== undefined) used.add(next.items);
    section = next.type === "array" && !last ? (next.items ?? next) : next;
  }
}

function sampleIn(value: string): unknown {
  if (value === "true") return true;
  if (value === "42") return 42;
  return value.includes(", ") ? value.split(", ") : value;
}

/** The schema without the sections and options that no label uses. */
function pruned(schema: OptionSchema, used: ReadonlySet<OptionSchema>): OptionSchema {
  const { properties, additionalProperties: any, items } = schema;
  const kept = Object.entries(properties ?? {}).filter(([, own]) => used.has(own));
  const other = typeof any === "object" ? used.has(any) && pruned(any, used) : any;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(kept.map(([name, own]) => [name, pruned(own, used)])) }),
    ...(other === undefined ? {} : { additionalProperties: other }),
    ...(items === undefined ? {} : { items: pruned(items, used) }),
  };
}
