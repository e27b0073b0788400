import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/** One suite: a folder below `suites/` with a `suite.yaml`. */
export interface Suite {
  /** Name of its folder, e.g. `routes`. */
  folder: string;
  /** Prefix of its requirements' ids, e.g. `ROUTE`. */
  family: string;
  /** Its heading in reports. */
  title: string;
  /** Kinds of mutants that its checks can detect. */
  detects: readonly string[];
}

/** The folder that holds the suites. */
export const suitesFolder = join(import.meta.dirname, "..", "..", "suites");

const suiteFile = z.strictObject({
  family: z.string().regex(/^[A-Z]+$/, { error: "family must be in capital letters" }),
  title: z.string().min(1),
  order: z.number(),
  detects: z.array(z.string()).default([]),
});

const cache = new Map<string, readonly Suite[]>();

/**
 * Every suite, in the order in which reports show them. A new suite is a new folder: nothing else lists them.
 *
 * @param root folder that holds the suites
 * @throws {Error} naming the file, for a `suite.yaml` that is malformed or a family that two suites claim
 */
export function loadSuites(root: string = suitesFolder): readonly Suite[] {
  const known = cache.get(root);
  if (known !== undefined) return known;
  const suites = readdirSync(root)
    .filter((folder) => existsSync(join(root, folder, "suite.yaml")))
    .map((folder) => ({ folder, ...readSuite(join(root, folder, "suite.yaml")) }))
    .toSorted((one, other) => one.order - other.order || (one.folder < other.folder ? -1 : 1));
  for (const [index, { family, folder }] of suites.entries()) {
    const twin = suites.slice(0, index).find((other) => other.family === family);
    if (twin !== undefined) throw new Error(`suites ${twin.folder} and ${folder} both claim the family ${family}`);
  }
  cache.set(root, suites);
  return suites;
}

/**
 * The suite that a requirement or a check belongs to.
 *
 * @param id of a requirement (`ROUTE-03`) or of a check (`ROUTE-03/look-alike-paths`)
 * @throws {Error} when no suite has that family
 */
export function suiteOf(id: string, root: string = suitesFolder): Suite {
  const family = id.split("-")[0];
  const suites = loadSuites(root);
  const suite = suites.find((one) => one.family === family);
  if (suite === undefined)
    throw new Error(`${id} belongs to no suite: ids begin with ${suites.map((one) => one.family).join(", ")}`);
  return suite;
}

function readSuite(file: string): z.infer<typeof suiteFile> {
  const parsed = suiteFile.safeParse(parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file}: ${issue?.path.join(".")}: ${issue?.message}`);
}
