import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { suggest } from "./deployment/nearest.ts";

/** The families of requirements, each with the folder of its suite. */
const suites = {
  ROUTE: "routes",
  CAT: "catalogue",
  INJ: "injected-key",
  PROMPT: "prompts",
  REACH: "reach",
} as const;

type Family = keyof typeof suites;

/** `ROUTE-03`; an id is never reused. */
export type RequirementId = `${Family}-${string}`;

/** One sentence that must or should hold. */
export interface Requirement {
  id: RequirementId;
  level: "MUST" | "SHOULD";
  /** True where the level counts only on versions that have the feature. */
  whereSupported: boolean;
  statement: string;
  /** RFC, specification, thread or document that demands it. */
  source: string;
}

const read = new Map<string, ReadonlyMap<RequirementId, Requirement>>();

/**
 * Every requirement of `suites/<suite>/requirements.yaml`, by id, in the order of the suites and their files. Read once.
 *
 * @param root folder that holds the suites
 * @throws {Error} with file and line, for an entry that is malformed or an id that is used twice
 */
export function loadRequirements(
  root: string = join(import.meta.dirname, "..", "suites"),
): ReadonlyMap<RequirementId, Requirement> {
  const known = read.get(root);
  if (known !== undefined) return known;
  const requirements = new Map<RequirementId, Requirement>();
  const folders = new Set(readdirSync(root));
  for (const [family, folder] of Object.entries(suites)) {
    if (!folders.has(folder)) continue;
    for (const { place, requirement } of readFamily(family as Family, join(root, folder, "requirements.yaml"))) {
      if (requirements.has(requirement.id)) throw new Error(`${place}: ${requirement.id} is used twice`);
      requirements.set(requirement.id, requirement);
    }
  }
  read.set(root, requirements);
  return requirements;
}

/** Folder of the suite that a requirement belongs to. */
export function suiteOf(id: string): string {
  const family = id.split("-")[0] as Family;
  const suite = suites[family];
  if (suite === undefined)
    throw new Error(`${id} belongs to no suite: ids begin with ${Object.keys(suites).join(", ")}`);
  return suite;
}

/** `conformance(["CAT-04"], "what holds", …)` in a spec; the sentence is always written out, so that it can be found. */
const checkInText = /\bconformance\(\s*\[([^\]]*)\],\s*"((?:[^"\\]|\\.)*)"/g;

const checks = new Map<string, readonly { ids: readonly string[]; sentence: string }[]>();

/**
 * The sentences of the checks that name a requirement, from the spec files' text.
 *
 * @param root folder that holds the suites
 */
export function checksOf(id: string, root: string = join(import.meta.dirname, "..", "suites")): readonly string[] {
  let all = checks.get(root);
  if (all === undefined) {
    const specs = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".spec.ts"));
    all = specs.flatMap((path) =>
      [...readFileSync(join(root, path), "utf8").matchAll(checkInText)].map(([, ids = "", sentence = ""]) => ({
        ids: [...ids.matchAll(/"([^"]*)"/g)].map(([, one = ""]) => one),
        sentence: JSON.parse(`"${sentence}"`) as string,
      })),
    );
    checks.set(root, all);
  }
  return all.filter(({ ids }) => ids.includes(id)).map(({ sentence }) => sentence);
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
      const mend = suggest(id, requirements.keys(), "correct the id");
      throw new Error(`no requirements.yaml has ${id}: ${mend}, or add it to suites/<suite>/requirements.yaml`);
    }
  }
}

function readFamily(family: Family, file: string): { place: string; requirement: Requirement }[] {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, "utf8"), { lineCounter: lines });
  const [error] = document.errors;
  if (error) throw new Error(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
  if (!isSeq(document.contents)) throw new Error(`${file}:1: a list of requirements was expected`);
  return document.contents.items.map((item) => {
    const line = lines.linePos((item as { range?: [number, number, number] }).range?.[0] ?? 0).line;
    if (!isMap(item)) throw new Error(`${file}:${line}: an entry with id, level, statement and source was expected`);
    const place = `${file}:${line}`;
    return { place, requirement: requirement(family, item, place) };
  });
}

function requirement(family: Family, entry: YAMLMap, place: string): Requirement {
  const text = (key: string): string => {
    const value = entry.get(key, true);
    if (!isScalar(value) || typeof value.value !== "string" || value.value === "") {
      throw new Error(`${place}: ${key} is missing or no text`);
    }
    return value.value;
  };
  const known = new Set(["id", "level", "where", "statement", "source"]);
  for (const { key } of entry.items)
    if (!known.has(String(key))) throw new Error(`${place}: unknown key ${String(key)}`);
  const id = text("id");
  if (!new RegExp(`^${family}-\\d{2}$`).test(id))
    throw new Error(`${place}: ${id} is no id of this suite (${family}-NN)`);
  const level = text("level");
  if (level !== "MUST" && level !== "SHOULD") throw new Error(`${place}: level ${level} is neither MUST nor SHOULD`);
  const where = entry.has("where") ? text("where") : undefined;
  if (where !== undefined && where !== "supported")
    throw new Error(`${place}: where: ${where} is unknown, only supported is`);
  return {
    id: id as RequirementId,
    level,
    whereSupported: where === "supported",
    statement: text("statement"),
    source: text("source"),
  };
}
