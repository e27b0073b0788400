import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { re2Problem } from "./rules/re2.ts";
import type { OptionSchema } from "./schema/generate.ts";

const providerLabels: OptionSchema = {
  type: "object",
  properties: { network: { type: "string" }, lbswarm: { type: "boolean" } },
  additionalProperties: false,
};

const generatedLabels = readSchema("labels.json");

/** Every static option of Traefik; names in lower case. */
export const staticSchema: OptionSchema = readSchema("static.json");

/** Every label that Traefik's docker provider reads, below `traefik.`; names in lower case. */
export const labelSchema: OptionSchema = {
  ...generatedLabels,
  properties: {
    // Read by the provider itself (traefik, pkg/provider/docker/config.go).
    enable: { type: "boolean" },
    docker: providerLabels,
    swarm: providerLabels,
    ...generatedLabels.properties,
  },
};

/** Every option of the file provider's files; names in lower case. */
export const fileSchema: OptionSchema = readSchema("files.json");

function readSchema(name: string): OptionSchema {
  const schema: OptionSchema = JSON.parse(readFileSync(join(import.meta.dirname, "schema", name), "utf8"));
  return schema;
}

/** An option or a section below a section, and its name: a known one in lower case, the operator's own as written. */
export interface SchemaStep {
  name: string;
  schema: OptionSchema;
}

/** Looks up one step of an option's name, e.g. `EntryPoints` or `domains[0]`; undefined for an unknown one. */
export function stepInto(section: OptionSchema, step: string): SchemaStep | undefined {
  const index = /^([^[]+)(\[\d+\])$/.exec(step);
  const name = index?.[1] ?? step;
  const known = section.properties?.[name.toLowerCase()];
  const own = typeof section.additionalProperties === "object" ? section.additionalProperties : undefined;
  const schema = known ?? own;
  if (schema === undefined) return undefined;
  return {
    name: known === undefined ? step : step.toLowerCase(),
    schema: index === null ? schema : (schema.items ?? schema),
  };
}

/** The names that a section knows, as Traefik's documentation writes them; undefined where the operator chooses them. */
export function namesIn(section: OptionSchema): string[] | undefined {
  if (typeof section.additionalProperties === "object") return undefined;
  return Object.entries(section.properties ?? {}).map(([name, { title }]) => title ?? name);
}

/** Whether more steps may follow. */
export function isSection({ type }: OptionSchema): boolean {
  return type === "object" || typeof type === "object";
}

/** Options whose value means more than its type says, by the end of their path. */
const special: readonly (readonly [RegExp, "regexp" | "regexps" | "ranges" | "integer" | "any"])[] = [
  [/\.(?:forwardauth\.authresponseheadersregex|redirectregex\.regex|replacepathregex\.regex)$/, "regexp"],
  [/\.(?:headers\.accesscontrolalloworiginlistregex|stripprefixregex\.regex)$/, "regexps"],
  [/\.(?:ipallowlist|ipwhitelist)\.sourcerange$/, "ranges"],
  [/\.loadbalancer\.server\.port$/, "integer"],
  // An empty value removes the header.
  [/\.headers\.custom(?:request|response)headers\.[^.]+$/, "any"],
];

/**
 * What is wrong with a value that is written as a text (a label's or a flag's), and how to fix it; undefined when Traefik
 * accepts it.
 *
 * @param path the option's path, known names in lower case
 */
export function problemOfValue(
  path: readonly string[],
  { type, format }: OptionSchema,
  value: string,
): { what: string; fix: string } | undefined {
  const name = path.join(".");
  const kind =
    special.find(([pattern]) => pattern.test(name))?.[1] ?? format ?? (typeof type === "object" ? "boolean" : type);
  switch (kind) {
    case "boolean":
      return isBool(value) ? undefined : { what: "is neither true nor false", fix: "write true or false" };
    case "integer":
      return /^[+-]?\d+$/.test(value) ? undefined : { what: "is not a whole number", fix: "write a whole number" };
    case "duration":
      return /^(?:\d+|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/.test(value)
        ? undefined
        : { what: "is not a duration", fix: "write seconds, or a duration like 10s or 1m30s" };
    case "regexp":
    case "regexps":
      return problemOfPatterns(kind === "regexp" ? [value] : splitList(value));
    case "ranges": {
      const wrong = splitList(value).find((range) => !isRange(range));
      if (wrong === undefined) return undefined;
      return {
        what: `contains '${wrong}', which is neither an address nor a range`,
        fix: "write an address like 192.0.2.1 or a range like 192.0.2.0/24",
      };
    }
    case "any":
      return undefined;
    default:
      return value.trim() === "" ? { what: "is empty", fix: "give it a value, or remove it" } : undefined;
  }
}

function problemOfPatterns(patterns: readonly string[]): { what: string; fix: string } | undefined {
  for (const pattern of patterns) {
    const problem = re2Problem(pattern);
    if (problem !== undefined)
      return { what: `has a regexp that Go can't compile: ${problem}`, fix: "write it in RE2's syntax" };
  }
  return undefined;
}

/** The items of a comma-separated value. */
export function splitList(value: string): string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** An IP address, or a range in CIDR form. */
export function isRange(text: string): boolean {
  const [address = "", bits, rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest !== undefined) return false;
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Whether Go's strconv.ParseBool reads the text as a truth value. */
function isBool(value: string): boolean {
  return isTrue(value) || /^(?:0|f|F|FALSE|false|False)$/.test(value);
}

/** Whether Go's strconv.ParseBool reads the text as true. */
export function isTrue(value: string): boolean {
  return /^(?:1|t|T|TRUE|true|True)$/.test(value);
}
