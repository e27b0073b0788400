import { globSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isRigName, type RigName } from "../../containers/rigs/rig.ts";
import type { RequirementId } from "../../helpers/requirements/requirements.ts";
import { suiteOf } from "../../helpers/requirements/suites.ts";
import { type CollectedCheck, collect } from "./collected-checks.ts";

/** A check of the suite, by name; its body is loaded anew for each deployment, see {@link bodyOf}. */
export interface Check {
  /** `<file> > <sentence>` */
  id: string;
  /** Relative to the working directory. */
  file: string;
  suite: string;
  requirements: readonly RequirementId[];
  sentence: string;
  rigs: readonly RigName[];
}

/** INJ-09's search, which a run makes once, at its end: of every stage it is the last. */
export const leakSearch: Check = {
  id: "reports/model/leak-check.ts > each secret stands only where the policy allows it",
  file: "reports/model/leak-check.ts",
  suite: "injected-key",
  requirements: ["INJ-09"],
  sentence: "each secret stands only where the policy allows it",
  rigs: [],
};

const suites = resolve(import.meta.dirname, "..", "..", "suites");
const registrar = pathToFileURL(join(suites, "runner", "conformance.ts")).href;
const collector = pathToFileURL(join(import.meta.dirname, "collected-checks.ts")).href;

let hooked = false;

/**
 * Spec files are loaded as they are, but for the module that registers their checks with vitest: a run of vitest for each
 * mutant would cost more than all that the checks do. All of suites/ is loaded once for each `?world=…`, so that what a
 * module remembers of one deployment never meets another.
 */
function hookOnce(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (resolved.url === registrar) return { ...resolved, url: collector };
      const world = new URL(context.parentURL ?? "file:///").search;
      const ours = resolved.url.startsWith(pathToFileURL(suites).href) && !resolved.url.includes("?");
      return ours && world !== "" ? { ...resolved, url: `${resolved.url}${world}` } : resolved;
    },
  });
}

/** Loading is one file at a time: whoever registers then is known. */
let loading: Promise<unknown> = Promise.resolve();

function load(file: string, world: string): Promise<CollectedCheck[]> {
  hookOnce();
  const next = loading.then(() => collect(() => import(`${pathToFileURL(file).href}?world=${world}`)));
  loading = next.catch(() => {});
  return next;
}

/**
 * Every check of the suite, the search for secrets among them.
 *
 * @throws {Error} for a spec file that does not load outside of vitest, and for two checks of one name
 */
export async function allChecks(): Promise<Check[]> {
  const checks = new Map<string, Check>();
  for (const file of globSync(join(suites, "**/*.spec.ts")).sort()) {
    for (const { requirements, sentence, needs } of await load(file, "list")) {
      const shown = relative(process.cwd(), file);
      const id = `${shown} > ${sentence}`;
      if (checks.has(id)) throw new Error(`${shown}: two checks are called "${sentence}"`);
      const [first = ""] = requirements;
      checks.set(id, {
        id,
        file: shown,
        suite: suiteOf(first).folder,
        requirements,
        sentence,
        rigs: needs.filter(isRigName),
      });
    }
  }
  return [...checks.values(), leakSearch];
}

/** Bodies of one deployment's checks, each spec file loaded when its first check is run. */
export class CheckBodies {
  readonly #world: string;
  readonly #loaded = new Map<string, Promise<CollectedCheck[]>>();

  /** @param world a name that no other deployment has */
  constructor(world: string) {
    this.#world = world;
  }

  /** @throws {Error} when the check is gone */
  async of({ id, file, sentence }: Check): Promise<CollectedCheck> {
    let loaded = this.#loaded.get(file);
    if (loaded === undefined) {
      loaded = load(resolve(file), this.#world);
      this.#loaded.set(file, loaded);
    }
    const found = (await loaded).find((check) => check.sentence === sentence);
    if (found === undefined) throw new Error(`${id} is gone`);
    return found;
  }
}
