import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../containers/engine/engine.ts";
import type { Images } from "../../containers/images/images.ts";
import { environmentTrouble } from "../../containers/parts/part-health.ts";
import type { RigContext, RigName, RigState } from "../../containers/rigs/rig.ts";
import { rigStarters } from "../../containers/rigs/rig-starters.ts";
import { findLeaks } from "../../containers/run/secret-search.ts";
import { Clients } from "../../containers/targets/clients.ts";
import { Edge, resolveIn } from "../../containers/targets/edge.ts";
import { Gateway } from "../../containers/targets/gateway.ts";
import { Reach } from "../../containers/targets/reachability.ts";
import { ActionLog } from "../../helpers/checks/action-log.ts";
import { checkTimeout, within } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/progress.ts";
import { redact, redactError } from "../../helpers/core/redaction.ts";
import type { Canaries } from "../../helpers/deployment/canaries.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { RecordingClient } from "../../helpers/protocol/recording-client.ts";
import type { Leak } from "../../helpers/run/run-record.ts";
import type { Evidence } from "../../suites/runner/conformance.ts";
import { responseLeaks } from "../../suites/runner/response-leaks.ts";
import { type Check, CheckBodies, leakSearch } from "./checks.ts";
import type { TrialFixtures } from "./collected-checks.ts";
import type { PartKeeper } from "./part-keeper.ts";

/** What one check said. */
export interface Saying {
  check: Check;
  outcome:
    | "passed"
    /** The check says that its requirement does not hold: a kill. */
    | "failed"
    /** A wait ended at its deadline: noticed, but no requirement was named. */
    | "timed-out"
    | "not-supported"
    /** A part did not start or is gone: exit code 3. */
    | "environment"
    /** The check itself broke. */
    | "broke";
  message: string;
  milliseconds: number;
}

/** A progress that says nothing: a rig is started for every other mutant. */
const silent = new Progress({ write: () => true });

/** One deployment on a bench, and what the checks say of it. */
export class MutantRun implements Disposable {
  readonly #engine: Engine;
  readonly #deployment: Deployment;
  readonly #canaries: Canaries;
  readonly #bodies: CheckBodies;
  readonly #context: RigContext;
  readonly #rigs = new Map<RigName, Promise<RigState>>();
  readonly #sightings: Leak[] = [];
  #isOver = false;
  readonly #directory = mkdtempSync(join(tmpdir(), "trial-"));

  /** @param options.world a name that no other trial has */
  constructor(options: {
    world: string;
    engine: Engine;
    images: Images;
    keeper: PartKeeper;
    /** Loaded with the canaries in place of its secrets. */
    deployment: Deployment;
    canaries: Canaries;
  }) {
    const { engine, images, keeper, deployment, canaries } = options;
    this.#engine = engine;
    this.#deployment = deployment;
    this.#canaries = canaries;
    this.#bodies = new CheckBodies(options.world);
    this.#context = {
      engine,
      images,
      deployment,
      canaries,
      progress: silent,
      run: keeper.run,
      startPart: async (rig, plan) => await this.#whileOn(() => keeper.startPart(rig, plan)),
      createNetworks: async (rig, plans) => await this.#whileOn(() => keeper.createNetworks(rig, plans)),
      rig: (name) => this.#rig(name),
    };
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Starts a rig before the first check asks for it, so that no check is taken for a costly one. Who asks hears of a failure. */
  async prepare(rig: RigName): Promise<void> {
    await this.#rig(rig).catch(() => {});
  }

  /** Runs one check. Never throws for what the check finds, or for a part that does not start. */
  async run(check: Check): Promise<Saying> {
    const began = performance.now();
    const say = (outcome: Saying["outcome"], message = ""): Saying => ({
      check,
      outcome,
      message,
      milliseconds: performance.now() - began,
    });
    try {
      const work = check === leakSearch ? this.#searchForLeaks() : this.#runBody(check);
      await within("the check is over", checkTimeout, work);
      return say("passed");
    } catch (thrown) {
      const error = redactError(thrown, this.#canaries.secrets);
      return say(outcomeOf(error), error instanceof Error ? error.message : String(error));
    }
  }

  async #runBody(check: Check): Promise<void> {
    const { body, needs } = await this.#bodies.of(check);
    const wires: { wire: RecordingClient; rig: RigName }[] = [];
    const used: RigState[] = [];
    const over = async (rig: RigName): Promise<{ state: RigState; wire: RecordingClient }> => {
      const state = await this.#started(rig, used);
      const wire = new RecordingClient(check.requirements[0] ?? "check", resolveIn(state, this.#deployment));
      wires.push({ wire, rig });
      return { state, wire };
    };
    const own = { engine: this.#engine, deployment: this.#deployment, canaries: this.#canaries };
    const actions = new ActionLog();
    const fixtures: TrialFixtures = {};
    for (const need of needs) {
      if (need === "edge") fixtures.edge = new Edge({ ...own, ...(await over("edge")) });
      else if (need === "gateway") fixtures.gateway = new Gateway({ ...own, actions, ...(await over("gateway")) });
      else if (need === "clients")
        fixtures.clients = new Clients({ ...own, actions, state: await this.#started("clients", used) });
      else if (need === "reach") {
        const [gateway, state] = [await this.#started("gateway", used), await this.#started("reach", used)];
        fixtures.reach = new Reach({ ...own, actions, state, gateway });
      } else if (need === "evidence") fixtures.evidence = unwrittenEvidence(this.#canaries.secrets);
      else throw new Error(`${check.file} asks for '${need}', which mutation/trial.ts does not hand out`);
    }
    try {
      await body(fixtures);
    } catch (error) {
      // What a check finds when its part is gone is nobody's fault but the part's.
      throw (await environmentTrouble(this.#engine, used)) ?? error;
    } finally {
      for (const { wire, rig } of wires) {
        if (rig !== "edge") this.#sightings.push(...responseLeaks(wire.exchanges, this.#canaries.secrets));
        await wire.close();
      }
    }
  }

  async #searchForLeaks(): Promise<void> {
    const states = await Promise.all(this.#rigs.values());
    const parts = states.flatMap((state) => Object.values(state.parts));
    const secrets = this.#canaries.secrets;
    const { leaks, searched } = await findLeaks(this.#engine, parts, this.#deployment, secrets, this.#directory);
    if (searched === 0) throw new Error("the search for secrets came to nothing");
    const [first] = [...leaks, ...this.#sightings];
    if (first !== undefined) throw new LeakFound(`${first.secret}: ${first.location}`);
  }

  /** A rig that failed may go on to start its other parts: not when the bench is another's. */
  #whileOn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isOver) throw new Error("this trial is over");
    return work();
  }

  async #started(name: RigName, used: RigState[]): Promise<RigState> {
    const state = await this.#rig(name);
    used.push(state);
    return state;
  }

  #rig(name: RigName): Promise<RigState> {
    const starting = this.#rigs.get(name) ?? rigStarters[name](this.#context);
    this.#rigs.set(name, starting);
    return starting;
  }
}

class LeakFound extends Error {
  override readonly name = "CheckFailure";
}

class NotSupported extends Error {
  override readonly name = "NotSupported";
}

function outcomeOf(error: unknown): Saying["outcome"] {
  switch (error instanceof Error ? error.name : "") {
    case "CheckFailure":
    case "AssertionError":
      return "failed";
    case "EnvironmentError":
      return "environment";
    case "NotSupported":
      return "not-supported";
    case "DeadlineError":
      return "timed-out";
    default:
      return "broke";
  }
}

/** Nobody but the check itself reads the evidence of a mutant; what a check says is what counts. */
function unwrittenEvidence(secrets: ReadonlyMap<string, string>): Evidence {
  const kept = new Map<string, string>();
  const keep = async (name: string, content: string): Promise<string> => {
    kept.set(name, redact(content, secrets));
    return name;
  };
  return {
    keep,
    keepPicture: async (name) => name,
    keepTranscript: keep,
    read: async (name) => kept.get(name) ?? "",
    finding: () => {},
    notSupported(reason) {
      throw new NotSupported(reason);
    },
    phase: (_, work) => work(),
  };
}
