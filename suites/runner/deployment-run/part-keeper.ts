import { createHash } from "node:crypto";
import type { Engine } from "../../../containers/engine/engine.ts";
import { removeContainer, removeNetwork, removeRun } from "../../../containers/engine/removal.ts";
import { newRun, type Run } from "../../../containers/engine/run-labels.ts";
import type { Images } from "../../../containers/images/images.ts";
import { createNetworks, type MadeNetwork, type NetworkPlan } from "../../../containers/networks/network.ts";
import { ListingAgain } from "../../../containers/parts/deployment/traefik/list-again.ts";
import { rawData } from "../../../containers/parts/deployment/traefik.ts";
import type { PartHandle, PartPlan } from "../../../containers/parts/part.ts";
import { startPart } from "../../../containers/parts/start-part.ts";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import { deploymentDigest } from "../../../helpers/deployment/source/digest.ts";

/** Parts that a rig configures after their start: a kept one would have the previous deployment's rules. */
const neverKept: ReadonlySet<string> = new Set(["gateway-host", "lan-host", "sentinel"]);

interface Kept {
  print: string;
  handle: PartHandle;
  /** The routers that its labels define for Traefik. */
  routers: readonly string[];
  /** Names on the engine. */
  networks: readonly string[];
}

/**
 * Starts the parts of one deployment after another, and keeps each part that would be identical for the next one: a change
 * of labels then costs one small container, a change of LiteLLM's config one LiteLLM.
 */
export class PartKeeper implements AsyncDisposable {
  readonly run: Run = newRun({ keep: false });
  readonly #engine: Engine;
  readonly #images: Pick<Images, "get">;
  readonly #parts = new Map<string, Kept>();
  readonly #networks = new Map<string, { print: string; made: Map<string, MadeNetwork> }>();
  readonly #starting = new Set<Promise<unknown>>();

  constructor(engine: Engine, images: Pick<Images, "get">) {
    this.#engine = engine;
    this.#images = images;
  }

  /** Like `startPart` of containers/parts/start-part.ts, but returns the running part when its plan is identical. */
  startPart(rig: string, plan: PartPlan): Promise<PartHandle> {
    return this.#track(this.#startPart(rig, plan));
  }

  async #startPart(rig: string, plan: PartPlan): Promise<PartHandle> {
    const key = `${rig}/${plan.name}`;
    // A new LiteLLM and a new gateway host may exchange addresses, and a kept Traefik would confuse the two.
    const hasSameLiteLLM = plan.name !== "traefik" || rig === "edge" || this.#parts.has(`${rig}/litellm`);
    const print = fingerprint(plan);
    const before = this.#parts.get(key);
    if (before !== undefined) {
      const mayStay = hasSameLiteLLM && !neverKept.has(plan.name) && rig !== "reachability";
      if (before.print === print && mayStay && (await this.#runs(before.handle))) {
        plan.running?.();
        return { ...before.handle, isKept: true };
      }
      await this.#remove(rig, plan.name);
    }
    try {
      const handle = await startPart({ engine: this.#engine, run: this.run, images: this.#images }, rig, plan);
      this.#parts.set(key, {
        print,
        handle,
        routers: routersOf(plan),
        networks: plan.networks.map(({ network }) => network.name),
      });
      return handle;
    } catch (error) {
      // The next deployment's part needs the container's name.
      await removeContainer(this.#engine, `${this.run.id}-${rig}-${plan.name}`);
      throw error;
    }
  }

  /**
   * Like `createNetworks` of containers/networks/network.ts, but returns the existing networks when their plans are identical.
   * Otherwise every part of the rig is removed with the old networks.
   */
  createNetworks(rig: string, plans: readonly NetworkPlan[]): Promise<Map<string, MadeNetwork>> {
    return this.#track(this.#createNetworks(rig, plans));
  }

  /**
   * Removes the parts of a rig with routers for Traefik whose names are not given: the deployment before has services that the next
   * one lacks.
   */
  async removeOthers(rig: string, names: ReadonlySet<string>): Promise<void> {
    const others = [...this.#parts].flatMap(([key, { routers }]) => {
      const name = key.slice(rig.length + 1);
      return rigOf(key) === rig && routers.length > 0 && !names.has(name) ? [name] : [];
    });
    await Promise.all(others.map((name) => this.#remove(rig, name)));
  }

  /**
   * Waits for the parts and networks that are still being created. Where one part of a rig fails, the others continue to start,
   * and would conflict with those of the next deployment.
   */
  async settle(): Promise<void> {
    while (this.#starting.size > 0) await Promise.allSettled(this.#starting);
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
    // The first removal ends the parts that are still starting, the second removes what they have left.
    await removeRun(this.#engine, this.run.id).catch(() => {});
    await this.settle();
    await removeRun(this.#engine, this.run.id);
  }

  #track<T>(starting: Promise<T>): Promise<T> {
    this.#starting.add(starting);
    // The caller gets the error.
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
    if (kept.routers.length === 0 || traefik === undefined) return;
    // Otherwise the last deployment's routers could be mistaken for this one's.
    const listing = new ListingAgain(this.#engine, traefik.containerId);
    await until("Traefik has removed the routers of the previous part", deadlines.removal, async () => {
      const { routers } = await rawData(traefik);
      // Those of other parts stay, also the ones that Traefik makes of a part without any.
      const left = routers.filter(({ name: live }) => kept.routers.includes(live.toLowerCase()));
      if (left.length === 0) return true;
      await listing.missed();
      throw new Error(`Traefik still has ${left.map((router) => router.name).join(", ")}`);
    });
  }

  /** Removes the parts on the networks too, also those of other rigs: they would be left without a network. */
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

function routersOf({ labels }: PartPlan): string[] {
  const names = Object.keys(labels ?? {}).flatMap(
    (label) => /^traefik\.http\.routers\.([^.]+)\./i.exec(label)?.[1] ?? [],
  );
  return [...new Set(names)].map((name) => `${name.toLowerCase()}@docker`);
}

/**
 * A hash of everything in a plan that affects the part. A broken LiteLLM may have let a write through to a database, which would
 * be attributed to the next deployment: a database is another one with another LiteLLM.
 */
function fingerprint({ ready, running, startDeadline, directories, usedBy, ...plan }: PartPlan): string {
  const copied = directories?.map(({ source, target }) => ({ target, digest: deploymentDigest(source) }));
  const text = JSON.stringify({
    ...plan,
    directories: copied,
    ready: ready.what,
    usedBy: usedBy && fingerprint(usedBy),
  });
  return createHash("sha256").update(text).digest("hex");
}
