import { readFileSync } from "node:fs";
import { BaseSequencer, type Reporter, type TestSpecification } from "vitest/node";

/** Rigs that a spec file asks for: a check names what it needs in its parameters. */
export function rigsOf(file: string): { edge: boolean; gateway: boolean } {
  const text = readFileSync(file, "utf8");
  const asksFor = (rig: string): boolean => new RegExp(`async \\(\\{[^}]*\\b${rig}\\b`).test(text);
  return { edge: asksFor("edge"), gateway: asksFor("gateway") };
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

/**
 * The order of files: those of the edge rig alone first, for it is up in a second, and their checks run while the gateway
 * still boots; then those of both; those that can only wait for the gateway last.
 */
export default class EdgeFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const { edge, gateway } = rigsOf(moduleId);
      return (gateway ? 1 : 0) + (edge ? 0 : 1);
    };
    return [...files].sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId));
  }
}
