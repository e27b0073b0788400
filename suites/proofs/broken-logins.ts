import { connectEngine } from "../../containers/engine/engine.ts";
import { Images } from "../../containers/images/images.ts";
import { runConfig } from "../../helpers/core/run-config.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { type Canaries, makeCanaries } from "../../helpers/deployment/source/canaries.ts";
import { type Patch, patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { messageOf } from "../runner/deployment-run/check-run.ts";
import { DeploymentRun } from "../runner/deployment-run/deployment-run.ts";
import { PartKeeper } from "../runner/deployment-run/part-keeper.ts";
import { loadChecks } from "../runner/load-checks.ts";

const source = "deployments/examples/keycloak";

/** What some checks found on one deployment: the message of each that failed; `passed` for the others. */
export type LoginResult = Readonly<Record<string, string>>;

/**
 * Runs checks of the login rig on one broken copy of the example after another. The copies share an engine, images, canaries, and
 * each part that is the same for two of them.
 */
export class BrokenLogins implements AsyncDisposable {
  #begun:
    | Promise<{ engine: Awaited<ReturnType<typeof connectEngine>>; images: Images; keeper: PartKeeper }>
    | undefined;
  #canaries: Canaries | undefined;

  /**
   * Runs the checks with these ids on a changed copy of the example.
   *
   * @throws {Error} for an id that no check has
   */
  async run(breaks: readonly (Patch & { file: string })[], ids: readonly string[]): Promise<LoginResult> {
    this.#begun ??= begin();
    const { engine, images, keeper } = await this.#begun;
    using copy = patchedCopy(source, breaks);
    const asWritten = await loadDeployment(copy.folder);
    this.#canaries ??= makeCanaries(
      asWritten.policy,
      new Map([...asWritten.variables].map(([name, { value }]) => [name, value])),
      asWritten.literals,
    );
    const canaries = this.#canaries;
    const deployment = await loadDeployment(copy.folder, { replace: canaries.secrets, literals: asWritten.literals });
    const all = await loadChecks();
    const checks = ids.map((id) => {
      const found = all.find((check) => check.id === id);
      if (found === undefined) throw new Error(`no check is ${id}`);
      return found;
    });
    await keeper.settle();
    const config = { ...runConfig(), deployment: source };
    using run = new DeploymentRun({ engine, images, config, keeper, deployment, canaries });
    const runs = await run.runAll(checks, 3);
    return Object.fromEntries(
      runs.map(({ check, record }) => [check.id, record.outcome === "passed" ? "passed" : messageOf(record)]),
    );
  }

  /** Removes every part. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#begun)?.keeper[Symbol.asyncDispose]();
  }
}

async function begin() {
  const progress = new Progress({ write: () => true });
  const engine = await connectEngine({ progress });
  const images = new Images(engine, { ...runConfig().images, progress });
  return { engine, images, keeper: new PartKeeper(engine, images) };
}
