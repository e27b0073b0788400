import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BaseSequencer, type Reporter, type TestSpecification } from "vitest/node";
import { type RigName, rigNames } from "../../containers/rigs/rig.ts";

/** Rigs that a spec file asks for: a check names what it needs in its parameters. */
export function rigsOf(file: string): ReadonlySet<RigName> {
  const text = readFileSync(file, "utf8");
  return new Set(rigNames.filter((rig) => new RegExp(`async \\(\\{[^}]*\\b${rig}\\b`).test(text)));
}

/** Whether the edge rig is all that a spec file needs. */
export function isEdgeAlone(file: string): boolean {
  const rigs = rigsOf(file);
  return rigs.has("edge") && rigs.size === 1;
}

/** Whether a file waits for limits of the gateway's own, half a minute and more: whatever else runs has no need to wait too. */
function isPatient(file: string): boolean {
  return readFileSync(file, "utf8").includes("deadlines.silentUpstream");
}

/** vitest tells its reporters alone which files it is about to run, before it runs any global set-up. */
const chosenVariable = "GATEWAY_CONFORMANCE_FILES";

/** Remembers the chosen files for {@link chosenFiles}. */
export const rememberChosenFiles: Reporter = {
  onTestRunStart: (specifications) => {
    process.env[chosenVariable] = JSON.stringify(specifications.map(({ moduleId }) => moduleId));
  },
};

/** The spec files of this run. */
export function chosenFiles(): string[] {
  return JSON.parse(process.env[chosenVariable] ?? "[]") as string[];
}

/** Its value is the seed of an order by chance, the same for the same seed: `npm run soak` tries many. */
export const orderVariable = "GATEWAY_CONFORMANCE_ORDER";

/**
 * The order of files: the few that wait the longest first, or the whole run waits for them in the end; those of the edge
 * rig alone, for it is up in a second, and their checks run while the gateway still boots; then those of both; those that
 * can only wait for the gateway last.
 */
export default class EdgeFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      if (isPatient(moduleId)) return -1;
      if (isEdgeAlone(moduleId)) return 0;
      return rigsOf(moduleId).has("edge") ? 1 : 2;
    };
    const seed = process.env[orderVariable];
    if (seed !== undefined) {
      const location = ({ moduleId }: TestSpecification): string =>
        createHash("sha256").update(`${seed} ${moduleId}`).digest("hex");
      return [...files].sort((one, other) => location(one).localeCompare(location(other)));
    }
    return [...files].sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId));
  }
}
