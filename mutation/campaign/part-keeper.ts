import { createHash } from "node:crypto";
import type { Engine } from "../../containers/engine/engine.ts";
import { newRun, type Run, removeContainer, removeNetwork, removeRun } from "../../containers/engine/run-labels.ts";
import { createNetworks, type MadeNetwork, type NetworkPlan } from "../../containers/networks/network.ts";
import { type PartHandle, type PartPlan, startPart } from "../../containers/parts/part.ts";
import { rawData } from "../../containers/parts/traefik.ts";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { deploymentDigest } from "../../helpers/deployment/source/digest.ts";

/** Parts that a rig goes on to change once they run: kept, they would carry one deployment's rules into the next. */
const neverKept: ReadonlySet<string> = new Set(["gateway-host", "lan-host", "sentinel"]);

interface Kept {
  print: string;
  keepsState: boolean;
  handle: PartHandle;
  hasRouters: boolean;
  /** Names on the engine. */
  networks: readonly string[];
}

/**
 * Starts the parts of one deployment after the other, and keeps each part that the next one would start the same: a
 * mutant of labels costs one small container, a mutant of LiteLLM's config one LiteLLM.
 */
export class PartKeeper implements AsyncDisposable {
  readonly run: Run = newRun({ keep: false });
  readonly #engine: Engine;
  readonly #parts = new Map<string, Kept>();
  readonly #networks = new Map<string, { print: string; made: Map<string, MadeNetwork> }>();
  readonly #starting = new Set<Promise<unknown>>();
  /** Rigs that got another LiteLLM since the last deployment. */
  readonly #renewed = new Set<string>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** As `startPart` of containers/part.ts; a part that runs already under the same plan is that part. */
  startPart(rig: string, plan: PartPlan): Promise<PartHandle> {
    return this.#noted(this.#startPart(rig, plan));
  }

  async #startPart(rig: string, plan: PartPlan): Promise<PartHandle> {
    const key = `${rig}/${plan.name}`;
    // A new LiteLLM and a new gateway host may swap addresses; a Traefik that knows the old ones would take one for the other.
    const isBehind = plan.name !== "traefik" || rig === "edge" || this.#parts.has(`${rig}/litellm`);
    const print = fingerprint(plan);
    const before = this.#parts.get(key);
    if (before !== undefined) {
      const mayStay = isBehind && !neverKept.has(plan.name) && rig !== "reach";
      if (before.print === print && mayStay && (await this.#runs(before.handle))) {
        plan.running?.();
        return before.handle;
      }
      await this.#remove(rig, plan.name);
    }
    if (plan.name === "litellm") this.#renewed.add(rig);
    try {
      const handle = await startPart(this.#engine, this.run, rig, plan);
      this.#parts.set(key, {
        print,
        handle,
        keepsState: plan.keepsState ?? false,
        hasRouters: hasRouters(plan),
        networks: plan.networks.map(({ network }) => network.name),
      });
      return handle;
    } catch (error) {
      // The next deployment's part will want the name.
      await removeContainer(this.#engine, `${this.run.id}-${rig}-${plan.name}`);
      throw error;
    }
  }

  /** As `createNetworks` of containers/network.ts. Other networks are other places for every part of the rig. */
  createNetworks(rig: string, plans: readonly NetworkPlan[]): Promise<Map<string, MadeNetwork>> {
    return this.#noted(this.#createNetworks(rig, plans));
  }

  /**
   * Waits for what is still being started: where one part of a rig fails, the others go on, and would get into the way of
   * the next deployment's.
   */
  async settle(): Promise<void> {
    while (this.#starting.size > 0) await Promise.allSettled(this.#starting);
    // What a mutant's LiteLLM let through may be written to a database, where the next mutant would be taken for its cause.
    for (const [key, { handle, keepsState }] of this.#parts) {
      if (!keepsState || !this.#renewed.has(rigOf(key))) continue;
      this.#parts.delete(key);
      await removeContainer(this.#engine, handle.containerId);
    }
    this.#renewed.clear();
  }

  async #createNetworks(rig: string, plans: readonly NetworkPlan[]): Promise<Map<string, MadeNetwork>> {
    const print = JSON.stringify(plans.toSorted((one, other) => one.name.localeCompare(other.name)));
    const before = this.#networks.get(rig);
    if (before?.print === print) return before.made;
    if (before !== undefined) await this.#removeNetworks(rig, before.made);
    const made = await createNetworks(this.#engine, this.run, rig, plans);
    this.#networks.set(rig, { print, made });
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What is in the middle of its start goes with the rest, and ends the sooner for it; then what it has left.
    await removeRun(this.#engine, this.run.id).catch(() => {});
    await this.settle();
    await removeRun(this.#engine, this.run.id);
  }

  #noted<T>(starting: Promise<T>): Promise<T> {
    this.#starting.add(starting);
    // Who awaits it hears of its failure.
    starting.catch(() => {}).finally(() => this.#starting.delete(starting));
    return starting;
  }

  async #runs({ containerId }: PartHandle): Promise<boolean> {
    try {
      return (await this.#engine.docker.getContainer(containerId).inspect()).State.Running;
    } catch {
      return false;
    }
  }

  async #remove(rig: string, name: string): Promise<void> {
    const kept = this.#parts.get(`${rig}/${name}`);
    if (kept === undefined) return;
    this.#parts.delete(`${rig}/${name}`);
    await removeContainer(this.#engine, kept.handle.containerId);
    const traefik = this.#parts.get(`${rig}/traefik`)?.handle;
    if (!kept.hasRouters || traefik === undefined) return;
    // Otherwise the last mutant's routers could be taken for this one's.
    await until("Traefik has forgotten the routers of the part before", deadlines.routersLoaded, async () => {
      const { routers } = await rawData(traefik);
      return routers.some(({ name: router }) => router.endsWith("@docker")) ? undefined : true;
    });
  }

  /** With all that is on them: the parts of a rig that is added to this one, too, would be left without a network. */
  async #removeNetworks(rig: string, networks: ReadonlyMap<string, MadeNetwork>): Promise<void> {
    const names = new Set([...networks.values()].map(({ name }) => name));
    for (const [key, kept] of this.#parts) {
      if (rigOf(key) !== rig && !kept.networks.some((name) => names.has(name))) continue;
      this.#parts.delete(key);
      await removeContainer(this.#engine, kept.handle.containerId);
    }
    for (const { id } of networks.values()) await removeNetwork(this.#engine, id);
    this.#networks.delete(rig);
  }
}

function rigOf(key: string): string {
  return key.split("/")[0] ?? "";
}

function hasRouters({ labels }: PartPlan): boolean {
  return Object.keys(labels ?? {}).some((label) => /^traefik\.http\.routers\./i.test(label));
}

/** Everything of a plan that makes a difference to the part. */
function fingerprint({ ready, running, startDeadline, directories, ...plan }: PartPlan): string {
  const copied = directories?.map(({ source, target }) => ({ target, digest: deploymentDigest(source) }));
  const text = JSON.stringify({ ...plan, directories: copied, ready: ready.what });
  return createHash("sha256").update(text).digest("hex");
}
