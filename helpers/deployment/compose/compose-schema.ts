import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import { locationOf, toPlain, type YamlNode } from "../source/yaml-tree.ts";
import schema from "./schema/compose-spec.json" with { type: "json" };

type JsonSchema = Record<string, unknown>;

/** Differences between a compose file and the published schema of the Compose specification. */
export interface SchemaDifferences {
  /** Adds a fault for every key that compose does not know. */
  reportUnknownKeys(faults: FaultList): void;
  /** Adds a fault for every value of a wrong type. */
  reportWrongValues(faults: FaultList): void;
}

/**
 * Holds a compose file against the published schema. What the suite reads itself is checked with better messages; the
 * schema knows all the rest of compose.
 *
 * @param root the compose file with variables interpolated
 */
export function compareWithSchema(root: YamlNode): SchemaDifferences {
  const document = toPlain(root);
  const validate = validatorFor(keysIn(document));
  validate(document);
  const errors = validate.errors ?? [];
  return {
    reportUnknownKeys(faults) {
      for (const error of errors) if (error.keyword === "additionalProperties") reportUnknownKey(error, root, faults);
    },
    reportWrongValues(faults) {
      const repeated = new Set(
        errors.flatMap(({ keyword, instancePath }) =>
          keyword === "uniqueItems" && isMadeUnique(stepsOf(instancePath)) ? instancePath : [],
        ),
      );
      const wrong = errors.filter(
        ({ keyword, instancePath }) =>
          !["additionalProperties", "oneOf", "anyOf"].includes(keyword) && !repeated.has(instancePath),
      );
      for (const [path, own] of Map.groupBy(wrong, ({ instancePath }) => instancePath)) {
        // A fault of this value's own keys or of a value within it says more than the forms that it does not have.
        const within = errors.some(
          ({ instancePath, keyword }) =>
            instancePath.startsWith(`${path}/`) || (instancePath === path && keyword === "additionalProperties"),
        );
        if (within) continue;
        reportWrongValue(path, own, root, faults);
      }
    },
  };
}

/** Lists in which an item may be repeated, below a service: compose drops the first one before it looks at the schema. */
const madeUnique = new Set(
  (
    "annotations environment labels cap_add cap_drop configs devices dns dns_opt dns_search env_file expose links ports profiles " +
    "secrets sysctls tmpfs volumes build.args build.additional_contexts build.tags build.labels deploy.labels"
  ).split(" "),
);

/** Whether compose drops what a list repeats. Source: compose-go, override/uncity.go. */
function isMadeUnique([section, , ...path]: readonly string[]): boolean {
  const within = path.join(".");
  if (section === "networks") return within === "labels" || within === "ipam.options";
  return (
    section === "services" && (madeUnique.has(within) || /^networks\.[^.]+\.(?:aliases|link_local_ips)$/.test(within))
  );
}

/** The validator that was compiled last, and the keys whose values it can judge. */
let compiled: { keys: ReadonlySet<string>; validate: ValidateFunction } | undefined;

/** A validator for documents with these keys. Compiling all of the schema takes a fifth of a second, the part for one file a tenth of that. */
function validatorFor(keys: ReadonlySet<string>): ValidateFunction {
  const before = compiled?.keys ?? new Set<string>();
  if (compiled === undefined || [...keys].some((key) => !before.has(key))) {
    const known = new Set([...before, ...keys]);
    compiled = { keys: known, validate: compile(schemaFor(schema, known)) };
  }
  return compiled.validate;
}

/** Every key of every mapping in a document. */
function keysIn(document: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(document)) for (const item of document) keysIn(item, found);
  else if (typeof document === "object" && document !== null) {
    for (const [key, value] of Object.entries(document)) {
      found.add(key);
      keysIn(value, found);
    }
  }
  return found;
}

/** A schema that accepts any value of the properties that no document has; it keeps their names, which suggestions need. */
function schemaFor(part: unknown, keys: ReadonlySet<string>): JsonSchema {
  return mapped(part, ([name, value]) =>
    name === "properties"
      ? [name, mapped(value, ([key, own]) => [key, keys.has(key) ? deep(own, keys) : true])]
      : [name, deep(value, keys)],
  );
}

function deep(value: unknown, keys: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => deep(item, keys));
  return typeof value === "object" && value !== null ? schemaFor(value, keys) : value;
}

function mapped(value: unknown, change: (entry: [string, unknown]) => [string, unknown]): JsonSchema {
  return Object.fromEntries(Object.entries(value ?? {}).map(change));
}

function compile(own: JsonSchema): ValidateFunction {
  return new Ajv2020({
    allErrors: true,
    strict: false,
    verbose: true,
    // Formats (durations, ports) are left to the compose reader, which names the line and the fix.
    validateFormats: false,
    // The published schema is valid; compiling what would check it takes longer than compiling the schema.
    validateSchema: false,
    meta: false,
    // What several keys share is compiled once.
    inlineRefs: false,
    code: { optimize: false },
  }).compile(own);
}

function reportUnknownKey(error: ErrorObject, root: YamlNode, faults: FaultList): void {
  const path = stepsOf(error.instancePath);
  const key = String(error.params.additionalProperty);
  const known = namesIn(error.parentSchema);
  const within = path.length === 0 ? "" : ` in ${path.join(".")}`;
  const location = locationOf(root, [...path, key]);
  if (known.length === 0) {
    faults.add(
      location,
      `'${key}'${within} is not a name that compose accepts`,
      "use letters, digits, '.', '_' and '-' only",
    );
    return;
  }
  const list = known.length > 20 ? "remove it: compose refuses it" : `remove it (compose knows: ${known.join(", ")})`;
  faults.add(location, `unknown key '${key}'${within}`, suggest(key, known, list));
}

function namesIn(section: object | undefined): string[] {
  if (section === undefined || !("properties" in section)) return [];
  const { properties } = section;
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
}

function reportWrongValue(path: string, errors: readonly ErrorObject[], root: YamlNode, faults: FaultList): void {
  const steps = stepsOf(path);
  const messages = errors.map(({ message = "" }) => message.replace(/^must (?:be )?/, ""));
  const expected = [...new Set(messages)].join(" or ");
  faults.add(
    locationOf(root, steps),
    `${steps.join(".")} is refused by compose, expected: ${expected}`,
    "write it as the Compose specification says",
  );
}

/** The steps of a JSON pointer. */
function stepsOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
