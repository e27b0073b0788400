import { createHash } from "node:crypto";
import { BaseSequencer, type Reporter, type TestSpecification } from "vitest/node";
import type { RigName } from "../../../containers/rigs/rig.ts";
import type { Need, TargetName } from "../../../containers/targets/needs.ts";
import { isTargetName } from "../../../containers/targets/needs.ts";
import { runConfig } from "../../../helpers/core/run-config.ts";
import { type LoadedCheck, loadChecks } from "../load-checks.ts";

/** The rigs behind each target. */
const rigsOfTarget: Readonly<Record<TargetName, readonly RigName[]>> = {
  edge: ["edge"],
  gateway: ["gateway"],
  clients: ["gateway", "clients"],
  reachability: ["gateway", "reachability"],
  testGateway: ["test-gateway"],
  restartableGateway: ["restartable-gateway"],
  login: ["login"],
  loginClients: ["login", "login-clients"],
  secretSearch: [],
};

/** The rigs that checks with these needs use. */
export function rigsFor(needs: readonly Need[]): ReadonlySet<RigName> {
  return new Set(needs.filter(isTargetName).flatMap((target) => rigsOfTarget[target]));
}

/** Whether the edge rig is all that a check needs. */
export function isEdgeOnly({ needs }: Pick<LoadedCheck, "needs">): boolean {
  return [...rigsFor(needs)].join() === "edge";
}

/** vitest tells only its reporters which files it is about to run, before it runs any global set-up. */
const chosen = globalThis as { gatewayConformanceFiles?: readonly string[] };

/** Remembers the chosen files for {@link chosenChecks}. */
export const rememberChosenFiles: Reporter = {
  onTestRunStart: (specifications) => {
    chosen.gatewayConformanceFiles = specifications.map(({ moduleId }) => moduleId);
  },
};

/**
 * The checks of this run.
 *
 * @param namePattern vitest's `-t`
 */
export async function chosenChecks(namePattern: RegExp | undefined): Promise<readonly LoadedCheck[]> {
  const checks = await loadChecks(chosen.gatewayConformanceFiles ?? []);
  return namePattern === undefined ? checks : checks.filter(({ id, title }) => namePattern.test(`${id}: ${title}`));
}

/**
 * The order of files. First the few that wait longest, or the whole run waits for them in the end. Then those that need
 * the edge rig only: it is up in a second, and their checks run while the gateway still boots. Then those of both; then
 * those that wait long on a rig that is up last, which would keep a worker waiting for it; then those with real clients,
 * whose turns take longest; last the others.
 */
export default class FileOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { order: seed } = runConfig();
    if (seed !== undefined) return sortedBy(files, (id) => createHash("sha256").update(`${seed} ${id}`).digest("hex"));
    const checks = new Map<string, readonly LoadedCheck[]>();
    for (const { moduleId } of files) checks.set(moduleId, await loadChecks([moduleId]));
    return sortedBy(files, (id) => `${rankOf(checks.get(id) ?? [])} ${id}`);
  }
}

function rankOf(checks: readonly LoadedCheck[]): number {
  const isSlow = checks.some(({ slow }) => slow);
  const isOnLateRig = checks.some(({ needs }) => needs.some((need) => lateTargets.has(need)));
  if (isSlow) return isOnLateRig ? 3 : 0;
  if (checks.length > 0 && checks.every(isEdgeOnly)) return 1;
  if (checks.some(({ needs }) => needs.includes("edge"))) return 2;
  return checks.some(({ needs }) => needs.includes("clients")) ? 4 : 5;
}

/** Their rigs are up after the gateway's. */
const lateTargets: ReadonlySet<Need> = new Set<Need>(["testGateway", "restartableGateway", "reachability"]);

function sortedBy(files: readonly TestSpecification[], keyOf: (moduleId: string) => string): TestSpecification[] {
  const keyed = files.map((file) => [keyOf(file.moduleId), file] as const);
  return keyed.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, file]) => file);
}
