import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { Readable } from "node:stream";
import { GenericContainer, type InspectResult, PullPolicy } from "testcontainers";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Run } from "../engine/run-labels.ts";
import type { Images } from "../images/images.ts";
import { readLastLines } from "./container-log.ts";
import { fileArchive } from "./file-archive.ts";
import { type PartHandle, type PartPlan, partLabel, rigLabel, rigMark, type StartedWith } from "./part.ts";
import type { PartResources } from "./part-resources.ts";
import { startPortRelay } from "./port-relay.ts";
import { ReadinessWait } from "./readiness.ts";
import { silenceOf } from "./silence.ts";

/** What a part is started with. */
export type PartContext = Pick<PartResources, "engine" | "run"> & { images: Pick<Images, "get"> };

/**
 * Starts a part and waits until it is ready.
 *
 * @param rig name of the rig that it belongs to
 * @throws {EnvironmentError} with the part's last log lines when it does not start
 */
export async function startPart(context: PartContext, rig: string, plan: PartPlan): Promise<PartHandle> {
  try {
    return await startOnce(context, rig, plan);
  } catch (error) {
    // On a remote engine the relay of its ports already has its name.
    if (
      !plan.startsAgain ||
      context.engine.isRemote ||
      !(error instanceof Error && /: not within \d/.test(error.message))
    )
      throw error;
    return await startOnce(context, rig, plan);
  }
}

async function startOnce(context: PartContext, rig: string, plan: PartPlan): Promise<PartHandle> {
  const { engine, run } = context;
  const name = `${run.id}-${rig}-${plan.name}`;
  let readiness: ReadinessWait | undefined;
  try {
    const relayed = await relayedPorts(context, plan, name);
    readiness = new ReadinessWait(plan.ready, { host: engine.host, relayed }, (id) => readLastLines(engine, id));
    const container = containerOf(engine, run, rig, plan).withName(name).withWaitStrategy(readiness);
    const started = await container.start();
    const inspected = await engine.docker.getContainer(started.getId()).inspect();
    return handleOf(engine, rig, plan, inspected, relayed);
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    // testcontainers has already removed a container that did not become ready; one that did not run at all still exists.
    const log = readiness?.lastLogLines ?? (await readLastLines(engine, name));
    const silence =
      log.length > 0 ? undefined : (readiness?.silence ?? (await silenceOf(engine.docker.getContainer(name))));
    const reason = [(cause as Error).message, ...(silence === undefined ? [] : [silence])].join("; ");
    throw new EnvironmentError(`${plan.name} (${plan.image.reference}) did not start: ${reason}`, {
      part: plan.name,
      log,
      cause,
    });
  }
}

/** Container port to published port on a remote engine; empty on a local one, where a part publishes its ports itself. */
async function relayedPorts(
  { engine, run, images }: PartContext,
  plan: PartPlan,
  name: string,
): Promise<ReadonlyMap<number, number>> {
  if (!engine.isRemote || !plan.publish?.length) return new Map();
  return await startPortRelay(engine, run, plan, name, await images.get("host"));
}

function containerOf(engine: Engine, run: Run, rig: string, plan: PartPlan): GenericContainer {
  const container = new PartContainer(engine, plan)
    .withPullPolicy(PullPolicy.neverPull())
    .withLabels({ ...plan.labels, ...run.labels, [partLabel]: plan.name, [rigLabel]: rigMark(run, rig) })
    .withEnvironment({ ...plan.environment })
    .withCopyContentToContainer(
      needsArchives(plan)
        ? []
        : (plan.files ?? []).map(({ content, target, mode }) => ({ content, target, mode: mode ?? 0o644 })),
    )
    .withCopyDirectoriesToContainer([...(plan.directories ?? [])])
    .withCopyArchivesToContainer(needsArchives(plan) ? archivesOf(plan) : [])
    .withBindMounts(
      (plan.binds ?? []).map(({ source, target, readOnly }) => ({ source, target, mode: readOnly ? "ro" : "rw" })),
    )
    .withStartupTimeout(plan.startDeadline);
  const [own] = plan.networks;
  if (plan.joins !== undefined) container.withNetworkMode(`container:${plan.joins.containerId}`);
  // Not the plain name: the engine resolves host names, and `litellm` must resolve to the service of that name only.
  else container.withHostname(`${rig}-${plan.name}`);
  if (own !== undefined) container.withNetworkMode(own.network.name);
  if (plan.entrypoint) container.withEntrypoint([...plan.entrypoint]);
  if (plan.command) container.withCommand([...plan.command]);
  if (plan.publish?.length && !engine.isRemote) container.withExposedPorts(...plan.publish);
  if (plan.user) container.withUser(plan.user);
  if (plan.workingDir) container.withWorkingDir(plan.workingDir);
  if (plan.capabilities) {
    container.withAddedCapabilities(...plan.capabilities.add).withDroppedCapabilities(...plan.capabilities.drop);
  }
  return container;
}

/**
 * Whether files have owners, go into a read-only container, or may replace one of a copied directory: testcontainers copies
 * to the root directory, as root, and files before directories.
 */
function needsArchives(plan: PartPlan): boolean {
  const files = plan.files ?? [];
  return (
    isReadOnly(plan) ||
    (plan.directories ?? []).length > 0 ||
    files.some(({ uid = 0, gid = 0 }) => uid !== 0 || gid !== 0)
  );
}

/**
 * The files of a part as archives. The engine unpacks into a read-only container where a volume is mounted only: one archive
 * for each directory then.
 */
function archivesOf(plan: PartPlan): { tar: Readable; target: string }[] {
  const files = plan.files ?? [];
  if (files.length === 0) return [];
  const byFolder = isReadOnly(plan)
    ? Map.groupBy(files, ({ target }) => posix.dirname(target))
    : [["/", files] as const];
  return [...byFolder].map(([target, own]) => ({ tar: Readable.from([fileArchive(own, target)]), target }));
}

/** The directories of a read-only part into which files are copied: each is a volume, with what the image has there. */
function copiedInto(plan: PartPlan): string[] {
  return isReadOnly(plan) ? (plan.files ?? []).map(({ target }) => posix.dirname(target)) : [];
}

function isReadOnly({ settings }: PartPlan): boolean {
  return settings?.host.ReadonlyRootfs === true;
}

/**
 * A name outside of the run has no answer in its networks: Docker Engine 20.10 drops the question, and a resolver waits twice 5 s,
 * where the internet answers in milliseconds. Names of the run are answered by the engine itself, which a busy machine may delay.
 */
const quickRefusal = ["timeout:2", "attempts:2"];

class PartContainer extends GenericContainer {
  readonly #engine: Engine;
  readonly #plan: PartPlan;

  constructor(engine: Engine, plan: PartPlan) {
    super(plan.image.reference);
    this.#engine = engine;
    this.#plan = plan;
  }

  protected override async beforeContainerCreated(): Promise<void> {
    const [own] = this.#plan.networks;
    if (own !== undefined) {
      // Not withNetworkAliases: testcontainers 12 then leaves the container on the default bridge as well.
      this.createOpts.NetworkingConfig = { EndpointsConfig: { [own.network.name]: { Aliases: [...own.aliases] } } };
    }
    for (const bindings of Object.values(this.hostConfig.PortBindings ?? {})) {
      for (const binding of bindings as { HostIp?: string }[]) binding.HostIp = "127.0.0.1";
    }
    // A part that joins another one has its resolver's settings.
    if (this.#plan.joins === undefined) this.hostConfig.DnsOptions = [...quickRefusal];
    if (this.#plan.sysctls) this.hostConfig.Sysctls = { ...this.#plan.sysctls };
    const exposed = (this.#plan.expose ?? []).map((port) => [`${port}/tcp`, {}]);
    if (exposed.length > 0)
      this.createOpts.ExposedPorts = { ...this.createOpts.ExposedPorts, ...Object.fromEntries(exposed) };
    this.#applySettings();
    this.createOpts.StopTimeout = 1;
  }

  #applySettings(): void {
    const { settings } = this.#plan;
    if (settings === undefined) return;
    Object.assign(this.hostConfig, settings.host);
    if (settings.stopSignal !== undefined) this.createOpts.StopSignal = settings.stopSignal;
    if (settings.domainname !== undefined) this.createOpts.Domainname = settings.domainname;
    if (settings.hostname !== undefined) this.createOpts.Hostname = settings.hostname;
    const volumes = [...(settings.emptyDirectories ?? []), ...copiedInto(this.#plan)].map((target) => [target, {}]);
    if (volumes.length > 0) this.createOpts.Volumes = { ...this.createOpts.Volumes, ...Object.fromEntries(volumes) };
  }

  protected override async containerStarting(): Promise<void> {
    this.#plan.running?.();
  }

  protected override async containerCreated(containerId: string): Promise<void> {
    for (const { network, aliases } of this.#plan.networks.slice(1)) {
      await this.#engine.docker
        .getNetwork(network.id)
        .connect({ Container: containerId, EndpointConfig: { Aliases: [...aliases] } });
    }
  }
}

/** The fields of `docker inspect` that a handle needs. */
interface Inspected {
  Id: string;
  NetworkSettings: {
    Ports?: Record<string, { HostPort: string }[] | null>;
    Networks: Record<string, { IPAddress: string; GlobalIPv6Address?: string }>;
  };
}

function handleOf(
  engine: Engine,
  rig: string,
  plan: PartPlan,
  inspected: InspectResult | Inspected,
  relayed: ReadonlyMap<number, number>,
): PartHandle {
  const { NetworkSettings: net, Id: containerId } = inspected as Inspected;
  const ports: Record<number, number> = Object.fromEntries(relayed);
  for (const [port, bindings] of Object.entries(net.Ports ?? {})) {
    const hostPort = bindings?.[0]?.HostPort;
    if (hostPort !== undefined) ports[Number.parseInt(port, 10)] = Number(hostPort);
  }
  const addresses: Record<string, string> = {};
  const addresses6: Record<string, string> = {};
  for (const [network, endpoint] of Object.entries(net.Networks)) {
    addresses[network] = endpoint.IPAddress;
    if (endpoint.GlobalIPv6Address) addresses6[network] = endpoint.GlobalIPv6Address;
  }
  const { version, reference, digest, origin, source } = plan.image;
  return {
    name: plan.name,
    rig,
    containerId,
    ports,
    host: engine.host,
    addresses,
    addresses6,
    record: { name: plan.name, rig, version, image: reference, digest, origin, source, containerId },
    started: startedWith(plan),
  };
}

function startedWith(plan: PartPlan): StartedWith {
  const { entrypoint, command, environment = {}, labels = {}, user, workingDir } = plan;
  const networks = Object.fromEntries(plan.networks.map(({ network, aliases }) => [network.name, aliases]));
  const files = (plan.files ?? []).map(({ target, content, isPrivate }) => ({
    target,
    content: isPrivate
      ? "(a private key of the run)\n"
      : typeof content === "string" || isUtf8(content)
        ? String(content)
        : `(${content.length} bytes)\n`,
  }));
  return { entrypoint, command, environment, labels, networks, files, user, workingDir };
}
