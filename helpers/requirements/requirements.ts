import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { suggest } from "../core/text/nearest.ts";
import { loadSuites, suitesFolder } from "./suites.ts";

/** `ROUTE-03`; an id is never reused. */
export type RequirementId = `${string}-${string}`;

/**
 * What it costs an operator when a requirement does not hold, worst first: a secret or an administrator's rights in other
 * hands, access for somebody who should have none, clients that fail or get wrong results, and what is only unpleasant.
 */
export const harms = ["secrets", "access", "function", "convenience"] as const;

/** One of {@link harms}. */
export type Harm = (typeof harms)[number];

/** One sentence that must or should hold. */
export interface Requirement {
  id: RequirementId;
  level: "MUST" | "SHOULD";
  /** `function` where requirements.yaml does not say. */
  harm: Harm;
  /** True where the level counts only on versions that have the feature. */
  whereSupported: boolean;
  statement: string;
  /** RFC, specification, thread or document that demands it. */
  source: string;
}

/** Every requirement by id, in the order of the suites and their files. */
export type Requirements = ReadonlyMap<RequirementId, Requirement>;

const cache = new Map<string, Requirements>();

/**
 * Every requirement of `suites/<suite>/requirements.yaml`, by id, in the order of the suites and their files. Read once.
 *
 * @param root folder that holds the suites
 * @throws {Error} with file and line, for an entry that is malformed or an id that is used twice
 */
export function loadRequirements(root: string = suitesFolder): Requirements {
  const known = cache.get(root);
  if (known !== undefined) return known;
  const requirements = new Map<RequirementId, Requirement>();
  for (const { family, folder } of loadSuites(root)) {
    for (const { location, requirement } of readRequirements(family, join(root, folder, "requirements.yaml"))) {
      if (requirements.has(requirement.id)) throw new Error(`${location}: ${requirement.id} is used twice`);
      requirements.set(requirement.id, requirement);
    }
  }
  cache.set(root, requirements);
  return requirements;
}

/**
 * A check names what it proves.
 *
 * @throws {Error} for an id that no requirements.yaml has, or no id at all
 */
export function assertKnown(ids: readonly string[]): asserts ids is readonly RequirementId[] {
  if (ids.length === 0) throw new Error("a check must name at least one requirement");
  const requirements = loadRequirements();
  for (const id of ids) {
    if (!requirements.has(id as RequirementId)) {
      const fix = suggest(id, requirements.keys(), "correct the id");
      throw new Error(`no requirements.yaml has ${id}: ${fix}, or add it to suites/<suite>/requirements.yaml`);
    }
  }
}

function readRequirements(family: string, file: string): { location: string; requirement: Requirement }[] {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, "utf8"), { lineCounter: lines });
  const [error] = document.errors;
  if (error) throw new Error(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
  if (!isSeq(document.contents)) throw new Error(`${file}:1: a list of requirements was expected`);
  return document.contents.items.map((item) => {
    const line = lines.linePos((item as { range?: [number, number, number] }).range?.[0] ?? 0).line;
    if (!isMap(item)) throw new Error(`${file}:${line}: an entry with id, level, statement and source was expected`);
    const location = `${file}:${line}`;
    return { location, requirement: requirement(family, item, location) };
  });
}

function requirement(family: string, entry: YAMLMap, location: string): Requirement {
  const text = (key: string): string => {
    const value = entry.get(key, true);
    if (!isScalar(value) || typeof value.value !== "string" || value.value === "") {
      throw new Error(`${location}: ${key} is missing or not a text`);
    }
    return value.value;
  };
  const known = new Set(["id", "level", "harm", "where", "statement", "source"]);
  for (const { key } of entry.items)
    if (!known.has(String(key))) throw new Error(`${location}: unknown key ${String(key)}`);
  const id = text("id");
  if (!new RegExp(`^${family}-\\d{2}$`).test(id))
    throw new Error(`${location}: ${id} is not an id of this suite (${family}-NN)`);
  const level = text("level");
  if (level !== "MUST" && level !== "SHOULD")
    throw new Error(`${location}: level is ${level}, expected MUST or SHOULD`);
  const where = entry.has("where") ? text("where") : undefined;
  if (where !== undefined && where !== "supported")
    throw new Error(`${location}: where is ${where}, expected supported`);
  const harm = harms.find((one) => one === (entry.has("harm") ? text("harm") : "function"));
  if (harm === undefined) throw new Error(`${location}: harm is ${text("harm")}, expected one of ${harms.join(", ")}`);
  return {
    id: id as RequirementId,
    level,
    harm,
    whereSupported: where === "supported",
    statement: text("statement"),
    source: text("source"),
  };
}
