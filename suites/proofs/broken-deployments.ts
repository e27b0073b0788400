import { connectEngine } from "../../containers/engine/engine.ts";
import { Images } from "../../containers/images/images.ts";
import { withCommandAgents } from "../../containers/parts/command-agents.ts";
import { runConfig } from "../../helpers/core/run-config.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { makeCanaries } from "../../helpers/deployment/source/canaries.ts";
import { type Patch, patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { type CheckRun, messageOf } from "../runner/deployment-run/check-run.ts";
import { DeploymentRun } from "../runner/deployment-run/deployment-run.ts";
import { PartKeeper } from "../runner/deployment-run/part-keeper.ts";
import { isFinal, type LoadedCheck, loadChecks } from "../runner/load-checks.ts";

/** What the checks at the edge found on one deployment. */
export interface EdgeResult {
  /** Ids of the requirements that failed, each once, in the order of their suites. */
  failed: string[];
  /** The messages of the checks, by each failed requirement that they prove. */
  messages: Readonly<Record<string, string>>;
  /** Checks that reached no verdict, with the reason. */
  undecided: readonly string[];
}

/**
 * Runs checks on one broken deployment after another. The deployments share an engine, images, and each part that is the
 * same for two of them.
 */
export class BrokenDeployments implements AsyncDisposable {
  readonly #images: Promise<{ engine: Awaited<ReturnType<typeof connectEngine>>; images: Images }>;
  readonly #free: PartKeeper[] = [];
  readonly #all: PartKeeper[] = [];

  constructor() {
    const progress = new Progress({ write: () => true });
    this.#images = connectEngine({ progress }).then((engine) => ({
      engine: withCommandAgents(engine),
      images: new Images(engine, { ...runConfig().images, progress }),
    }));
  }

  /**
   * Runs every check that needs the edge rig only, and the search for secrets, on a changed copy of a deployment.
   *
   * @throws {DeploymentError} when the changed deployment is invalid
   */
  async edge(breaks: readonly Patch[], source = "deployments/reference"): Promise<EdgeResult> {
    return resultOf(await this.#run(breaks, source, await edgeChecks()));
  }

  /**
   * Runs some checks on a changed copy of a deployment.
   *
   * @returns id of each check to what it reported; `passed` where it passed
   * @throws {Error} for an id that no check has
   */
  async checks(breaks: readonly Patch[], source: string, ids: readonly string[]): Promise<Record<string, string>> {
    const all = await loadChecks();
    const chosen = ids.map((id) => {
      const found = all.find((check) => check.id === id);
      if (found === undefined) throw new Error(`no check is ${id}`);
      return found;
    });
    const runs = await this.#run(breaks, source, chosen);
    return Object.fromEntries(
      runs.map(({ check, record }) => [check.id, record.outcome === "passed" ? "passed" : messageOf(record)]),
    );
  }

  async #run(breaks: readonly Patch[], source: string, checks: readonly LoadedCheck[]): Promise<CheckRun[]> {
    const { engine, images } = await this.#images;
    const keeper = this.#keeper(engine, images);
    const config = { ...runConfig(), deployment: source };
    using copy = patchedCopy(source, breaks);
    const asWritten = await loadDeployment(copy.folder);
    const canaries = makeCanaries(
      asWritten.policy,
      new Map([...asWritten.variables].map(([name, { value }]) => [name, value])),
      asWritten.literals,
    );
    const deployment = await loadDeployment(copy.folder, { replace: canaries.secrets, literals: asWritten.literals });
    await keeper.settle();
    try {
      using run = new DeploymentRun({ engine, images, config, keeper, deployment, canaries });
      return await run.runAll(checks, 3);
    } finally {
      this.#free.push(keeper);
    }
  }

  /** Removes every part. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((keeper) => keeper[Symbol.asyncDispose]()));
  }

  #keeper(engine: Awaited<ReturnType<typeof connectEngine>>, images: Images): PartKeeper {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const keeper = new PartKeeper(engine, images);
    this.#all.push(keeper);
    return keeper;
  }
}

async function edgeChecks() {
  const checks = await loadChecks();
  return checks.filter(({ file, needs }) => isFinal(file) || needs.join() === "edge");
}

function resultOf(runs: readonly CheckRun[]): EdgeResult {
  const failedRuns = runs.filter(({ record }) => record.outcome === "failed" && record.failure !== undefined);
  const failed = [...new Set(failedRuns.flatMap(({ check }) => check.requirements))].toSorted(bySuite);
  const messages = failed.map((id): [string, string] => [
    id,
    failedRuns
      .filter(({ check }) => check.requirements.some((one) => one === id))
      .map(({ record }) => messageOf(record))
      .join("\n"),
  ]);
  const undecided = runs
    .filter(({ record }) => record.ownFault !== undefined || record.environment !== undefined)
    .map(({ check, record }) => `${check.id}: ${messageOf(record)}`);
  return { failed, messages: Object.fromEntries(messages), undecided };
}

/** The routes' requirements first, as in the report. */
function bySuite(one: string, other: string): number {
  const isRoute = (id: string): number => (id.startsWith("ROUTE-") ? 0 : 1);
  return isRoute(one) - isRoute(other) || one.localeCompare(other);
}
