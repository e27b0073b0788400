import { isUtf8 } from "node:buffer";
import { PassThrough } from "node:stream";
import { GenericContainer, type InspectResult, PullPolicy } from "testcontainers";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { PartRecord } from "../../helpers/run/run-record.ts";
import type { Engine } from "../engine/engine.ts";
import type { Run } from "../engine/run-labels.ts";
import type { PartImage } from "../images/images.ts";
import { type Readiness, ReadyWhen } from "./readiness.ts";

/** The label that holds a part's name. */
export const partLabel = "gateway-conformance.part";
/** The label that holds the rig's id, which Traefik's docker provider is constrained to. */
export const rigLabel = "gateway-conformance.rig";

/** Value of {@link rigLabel}: unique among all rigs on the engine. */
export function rigMark(run: Run, rig: string): string {
  return `${run.id}-${rig}`;
}

/** A network of a run. */
export interface RunNetwork {
  /** Name on the engine, unique to the run. */
  name: string;
  id: string;
}

/** A file put into a part before it starts; nothing is bind-mounted, so that the engine may be elsewhere. */
export interface PartFile {
  target: string;
  content: string | Buffer;
  /** Octal permissions, e.g. 0o644 (the default). */
  mode?: number;
}

/** All that it takes to start one part. */
export interface PartPlan {
  /** Name on the network, in messages and in the report. */
  name: string;
  image: PartImage;
  /** The first one is the container's own; the others are joined before it starts. */
  networks: readonly { network: RunNetwork; aliases: readonly string[] }[];
  /** Another part whose network namespace it shares, in place of networks. */
  joins?: PartHandle;
  entrypoint?: readonly string[];
  command?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
  files?: readonly PartFile[];
  /** Directories of this machine that are copied in. */
  directories?: readonly { source: string; target: string }[];
  /** Paths of the engine's machine, e.g. its socket. */
  binds?: readonly { source: string; target: string; readOnly: boolean }[];
  /** Container ports that this machine must reach: published on a free port of the loopback. */
  publish?: readonly number[];
  capabilities?: { add: readonly string[]; drop: readonly string[] };
  sysctls?: Readonly<Record<string, string>>;
  user?: string;
  workingDir?: string;
  /** It keeps what others write to it: a mutant's writes would meet the next mutant. */
  keepsState?: boolean;
  ready: Readiness;
  /** Called once the container runs, before it is ready. */
  running?: () => void;
  /** Milliseconds. */
  startDeadline: number;
}

/** A part that runs, as plain data: it travels from the main process to the workers. */
export interface PartHandle {
  name: string;
  rig: string;
  containerId: string;
  /** Container port to the port of `host` where this machine reaches it. */
  ports: Readonly<Record<number, number>>;
  /** Host of the published ports. */
  host: string;
  /** Network name on the engine to the part's IPv4 address there. */
  addresses: Readonly<Record<string, string>>;
  /** The same for IPv6, where it has one. */
  addresses6: Readonly<Record<string, string>>;
  record: PartRecord;
  /** What it was started with. Holds the run's secrets. */
  started: StartedWith;
}

/** What a part was started with, for who looks into a failure. */
export interface StartedWith {
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
  environment: Readonly<Record<string, string>>;
  /** Without those that mark the run. */
  labels: Readonly<Record<string, string>>;
  /** Network name on the engine to the part's names there. */
  networks: Readonly<Record<string, readonly string[]>>;
  files: readonly { target: string; content: string }[];
  user: string | undefined;
  workingDir: string | undefined;
}

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
    if (this.#plan.sysctls) this.hostConfig.Sysctls = { ...this.#plan.sysctls };
    this.createOpts.StopTimeout = 1;
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

/** The plan, and a promise that is fulfilled once its container runs: for parts that must begin after it. */
export function announced(plan: PartPlan): { plan: PartPlan; running: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { plan: { ...plan, running: resolve }, running: promise };
}

/**
 * Starts a part and waits until it is ready.
 *
 * @param rig id of the rig that it belongs to
 * @throws {EnvironmentError} with the part's last log lines when it does not start
 */
export async function startPart(engine: Engine, run: Run, rig: string, plan: PartPlan): Promise<PartHandle> {
  const name = `${run.id}-${rig}-${plan.name}`;
  const ready = new ReadyWhen(plan.ready, async (id) => lastLines(engine, id));
  const container = new PartContainer(engine, plan)
    .withName(name)
    .withPullPolicy(PullPolicy.neverPull())
    .withLabels({ ...plan.labels, ...run.labels, [partLabel]: plan.name, [rigLabel]: rigMark(run, rig) })
    .withEnvironment({ ...plan.environment })
    .withCopyContentToContainer(
      (plan.files ?? []).map(({ content, target, mode }) => ({ content, target, mode: mode ?? 0o644 })),
    )
    .withCopyDirectoriesToContainer([...(plan.directories ?? [])])
    .withBindMounts(
      (plan.binds ?? []).map(({ source, target, readOnly }) => ({ source, target, mode: readOnly ? "ro" : "rw" })),
    )
    .withWaitStrategy(ready)
    .withStartupTimeout(plan.startDeadline);
  const [own] = plan.networks;
  if (plan.joins !== undefined) container.withNetworkMode(`container:${plan.joins.containerId}`);
  // Not the plain name: the engine resolves host names, and `litellm` must lead to the service of that name alone.
  else container.withHostname(`${rig}-${plan.name}`);
  if (own !== undefined) container.withNetworkMode(own.network.name);
  if (plan.entrypoint) container.withEntrypoint([...plan.entrypoint]);
  if (plan.command) container.withCommand([...plan.command]);
  if (plan.publish?.length) container.withExposedPorts(...plan.publish);
  if (plan.user) container.withUser(plan.user);
  if (plan.workingDir) container.withWorkingDir(plan.workingDir);
  if (plan.capabilities) {
    container.withAddedCapabilities(...plan.capabilities.add).withDroppedCapabilities(...plan.capabilities.drop);
  }
  try {
    const started = await container.start();
    const inspected = await engine.docker.getContainer(started.getId()).inspect();
    return describe(engine, rig, plan, inspected);
  } catch (cause) {
    // testcontainers has removed a container that did not become ready by now; one that did not even run is still there.
    const log = ready.lastWords ?? (await lastLines(engine, name));
    throw new EnvironmentError(`${plan.name} (${plan.image.reference}) did not start: ${(cause as Error).message}`, {
      part: plan.name,
      log,
      cause,
    });
  }
}

function describe(engine: Engine, rig: string, plan: PartPlan, inspected: InspectResult | Inspected): PartHandle {
  const { NetworkSettings: net, Id: containerId } = inspected as Inspected;
  const ports: Record<number, number> = {};
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
  const files = (plan.files ?? []).map(({ target, content }) => ({
    target,
    content: typeof content === "string" || isUtf8(content) ? String(content) : `(${content.length} bytes)\n`,
  }));
  return { entrypoint, command, environment, labels, networks, files, user, workingDir };
}

interface Inspected {
  Id: string;
  NetworkSettings: {
    Ports?: Record<string, { HostPort: string }[] | null>;
    Networks: Record<string, { IPAddress: string; GlobalIPv6Address?: string }>;
  };
}

/** How many log lines of a part that did not start are shown. */
const shownLogLines = 25;

async function lastLines(engine: Engine, container: string): Promise<string[]> {
  try {
    const log = await readLog(engine, container, { tail: shownLogLines });
    return log.split("\n").filter((line) => line !== "");
  } catch {
    return [];
  }
}

/** Which part of a log is wanted. */
export interface LogWindow {
  /** Lines from the end. */
  tail?: number;
  /** Not before this time. */
  since?: Date;
}

/**
 * What a container has written to standard output and standard error, merged in the order in which it was written.
 *
 * @param container id or name
 */
export async function readLog(engine: Engine, container: string, window: LogWindow = {}): Promise<string> {
  const raw = await engine.docker.getContainer(container).logs({
    stdout: true,
    stderr: true,
    follow: false,
    ...(window.tail === undefined ? {} : { tail: window.tail }),
    ...(window.since === undefined ? {} : { since: window.since.getTime() / 1000 }),
  });
  return demultiplex(raw as unknown as Buffer);
}

/** Docker frames the streams of a container without a terminal: one byte stream type, three of padding, four of length. */
function demultiplex(buffer: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= buffer.length; ) {
    const length = buffer.readUInt32BE(at + 4);
    pieces.push(buffer.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** What a command in a container left behind. */
export interface Executed {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Milliseconds. */
  took: number;
}

export interface ExecuteOptions {
  environment?: Readonly<Record<string, string>>;
  workingDir?: string;
  user?: string;
  /** Milliseconds; the command is killed then, by `timeout` in the container. */
  deadline?: number;
}

/**
 * Runs a command in a container, with standard input closed.
 *
 * @throws {Error} when the container is gone; a command that fails is no error, its exit code tells (124 for the deadline)
 */
export async function execute(
  engine: Engine,
  container: string,
  command: readonly string[],
  options: ExecuteOptions = {},
): Promise<Executed> {
  const bound =
    options.deadline === undefined ? [] : ["timeout", "-k", "2", String(Math.ceil(options.deadline / 1000))];
  const began = performance.now();
  const exec = await engine.docker.getContainer(container).exec({
    Cmd: [...bound, ...command],
    AttachStdout: true,
    AttachStderr: true,
    Env: Object.entries(options.environment ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(options.workingDir === undefined ? {} : { WorkingDir: options.workingDir }),
    ...(options.user === undefined ? {} : { User: options.user }),
  });
  const stream = await exec.start({ hijack: true, stdin: false });
  const out = new PassThrough();
  const err = new PassThrough();
  const stdout = collect(out);
  const stderr = collect(err);
  engine.docker.modem.demuxStream(stream, out, err);
  await new Promise<void>((resolve, reject) => {
    stream.once("end", resolve);
    stream.once("error", reject);
  });
  out.end();
  err.end();
  const { ExitCode } = await exec.inspect();
  return { exitCode: ExitCode ?? -1, stdout: await stdout, stderr: await stderr, took: performance.now() - began };
}

/**
 * Starts a command in a container and leaves it running; it ends with the container.
 *
 * @throws {Error} when the container is gone
 */
export async function launch(engine: Engine, container: string, command: readonly string[]): Promise<void> {
  const exec = await engine.docker.getContainer(container).exec({ Cmd: [...command] });
  const answer = await exec.start({ Detach: true });
  // Unread, it would keep this process from ending.
  answer.resume();
  answer.destroy();
}

async function collect(stream: PassThrough): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}
