import { setTimeout as pause } from "node:timers/promises";
import type { Network } from "dockerode";
import pLimit, { type LimitFunction } from "p-limit";
import { DeadlineError, deadlines, pollInterval, within } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Engine } from "./engine.ts";
import { deadRunOf, runLabel } from "./run-labels.ts";

/**
 * Removes everything of a run: containers and networks, then volumes. What does not exist any more is ignored.
 *
 * @param id id of the run
 * @throws {EnvironmentError} when a removal exceeds its deadline; everything else is removed by then
 */
export async function removeRun(engine: Engine, id: string): Promise<void> {
  const filters = { label: [`${runLabel}=${id}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    engine.docker.listContainers({ all: true, filters }),
    engine.docker.listNetworks({ filters }),
    engine.docker.listVolumes({ filters }),
  ]);
  await removeContainersAndNetworks(engine, containers, networks);
  await Promise.all((volumes ?? []).map(({ Name }) => engine.docker.getVolume(Name).remove().catch(ignoreGone)));
}

/**
 * Removes what runs have left whose process has ended.
 *
 * @returns ids of the removed runs
 */
export async function removeDeadRuns(engine: Engine): Promise<string[]> {
  const filters = { label: [runLabel] };
  const [containers, networks] = await Promise.all([
    engine.docker.listContainers({ all: true, filters }),
    engine.docker.listNetworks({ filters }),
  ]);
  const dead = [...new Set([...containers, ...networks].flatMap(({ Labels = {} }) => deadRunOf(Labels) ?? []))];
  await Promise.all(dead.map((id) => removeRun(engine, id)));
  return dead;
}

/** What the engine lists of a container. */
interface ListedContainer {
  Id: string;
  NetworkSettings?: { Networks?: Readonly<Record<string, { NetworkID?: string }>> };
}

/**
 * Removes containers and networks at the same time, after each container has left its networks: one network is left by one
 * container at a time (see {@link oneAtATime}), and the removal of a container takes longer than that.
 *
 * @throws {EnvironmentError} when the engine exceeds a deadline; what it can remove is removed by then
 */
export async function removeContainersAndNetworks(
  engine: Engine,
  containers: readonly ListedContainer[],
  networks: readonly { Id: string }[],
): Promise<void> {
  const queues = new Map<string, LimitFunction>();
  const left = await Promise.allSettled(
    containers.flatMap(({ Id: container, NetworkSettings: { Networks = {} } = {} }) =>
      Object.entries(Networks).map(async ([name, { NetworkID }]) => {
        const network = NetworkID || name;
        const queue = queues.get(network) ?? pLimit(1);
        queues.set(network, queue);
        await inSequence(queue, leaving, () => disconnect(engine.docker.getNetwork(network), container));
      }),
    ),
  );
  const together = pLimit(Number.POSITIVE_INFINITY);
  const removed = await Promise.allSettled([
    ...containers.map(({ Id }) => removeContainer(engine, Id, together)),
    ...networks.map(({ Id }) => removeNetwork(engine, Id).catch(ignoreGone)),
  ]);
  // A container that could not leave, and was removed all the same, is not a failure, unless the engine hangs.
  const failures = [left, removed].map((all) => all.flatMap((one) => (one.status === "rejected" ? [one.reason] : [])));
  const [ofLeaving = [], ofRemoval = []] = failures;
  const [failure] = [...ofLeaving.filter((reason) => reason instanceof EnvironmentError), ...ofRemoval];
  if (failure !== undefined) throw failure;
}

/**
 * Removes a container and its volumes, running or not, while no other of the queue is being removed. A missing one is
 * ignored.
 *
 * @param container id or name
 * @throws {EnvironmentError} when the removal exceeds its deadline
 */
export async function removeContainer(engine: Engine, container: string, queue = oneAtATime): Promise<void> {
  const removal = { force: true, v: true };
  await inSequence(queue, "the engine removes a container", () =>
    engine.docker.getContainer(container).remove(removal).catch(ignoreGone),
  );
}

/**
 * Removes a network, and disconnects what is still on it. Engine 20.10 can count a container whose start was cancelled
 * forever, without listing it: such a network is left for the engine's next start, and does not fail the run.
 *
 * @throws {EnvironmentError} when a disconnection exceeds its deadline
 */
export async function removeNetwork(engine: Engine, id: string): Promise<void> {
  const network = engine.docker.getNetwork(id);
  const began = performance.now();
  for (;;) {
    try {
      await network.remove();
      return;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 403) throw error;
      if (performance.now() - began > deadlines.connect) return;
    }
    const { Containers: connected = {} } = (await network.inspect()) as { Containers?: Record<string, unknown> };
    await Promise.all(
      Object.keys(connected ?? {}).map((one) => inSequence(oneAtATime, leaving, () => disconnect(network, one))),
    );
    await pause(pollInterval);
  }
}

const leaving = "the engine disconnects a container from its network";

async function disconnect(network: Network, container: string): Promise<void> {
  await network.disconnect({ Container: container, Force: true }).catch(ignoreGone);
}

/**
 * Engine 20.10 can deadlock permanently when two containers leave one network at the same time: leaving takes the network's
 * lock, then the controller's (libnetwork's `getSvcRecords`); recording who has left takes them in the opposite order
 * (`processEndpointDelete`). Seen twice in some thousand concurrent removals.
 */
const oneAtATime = pLimit(1);

/** @throws {EnvironmentError} when the engine exceeds the deadline */
async function inSequence(queue: LimitFunction, what: string, work: () => Promise<unknown>): Promise<void> {
  await queue(async () => {
    try {
      await within(what, deadlines.removal, work());
    } catch (cause) {
      if (!(cause instanceof DeadlineError)) throw cause;
      // The removals in the queue must not wait for one deadline each: start all of them now.
      queue.concurrency = Number.POSITIVE_INFINITY;
      const fix = "the engine hangs; restart it, and the next start of the suite removes what is left";
      throw new EnvironmentError(`${cause.message}: ${fix}`, { cause });
    }
  });
}

/**
 * Another process may remove the same object, and a container may leave a network while its start is cancelled: 404 (gone),
 * 409 (removal in progress) and their 500s mean success here.
 */
function ignoreGone(error: unknown): void {
  const { statusCode: status, message = "" } = error as { statusCode?: number; message?: string };
  if (status !== 404 && status !== 409 && !/marked for removal|is not connected to network/.test(message)) throw error;
}
