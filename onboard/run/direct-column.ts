import { randomBytes } from "node:crypto";
import type { Engine } from "../../containers/engine/engine.ts";
import type { Run } from "../../containers/engine/run-labels.ts";
import type { Images } from "../../containers/images/images.ts";
import type { PartImage } from "../../containers/images/part-image.ts";
import { createNetworks } from "../../containers/networks/network.ts";
import type { HostSettings, PartHandle, PartPlan } from "../../containers/parts/part.ts";
import { startPortRelay } from "../../containers/parts/port-relay.ts";
import { readyWhenRunning } from "../../containers/parts/readiness.ts";
import { startPart } from "../../containers/parts/start-part.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { EnvironmentError, UsageError } from "../../helpers/core/errors.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import type { Candidate } from "../candidate/types.ts";
import type { Observations } from "../observe/observations.ts";
import { observe } from "../observe/observe.ts";
import type { Subject, Supply } from "../observe/subject.ts";
import { besidePlan } from "./beside-plans.ts";
import { ContainerSubject } from "./container-subject.ts";
import { nameSinkPlan } from "./name-sink.ts";
import { supplyOf } from "./supply.ts";

/** What a column runs on. */
export interface GateResources {
  engine: Engine;
  run: Run;
  images: Images;
  progress: Progress;
}

/** What was seen of a candidate without a gateway. */
export interface DirectColumn {
  seen: Observations;
  supply: Supply | undefined;
  /** The run's secrets by name. */
  secrets: ReadonlyMap<string, string>;
  /** The image that it ran from; undefined where there was none. */
  image: PartImage | undefined;
}

const rig = "alone";

/**
 * Installs a candidate twice, and runs it with what it needs beside it, on a network without a way out.
 *
 * @throws {EnvironmentError} when the engine or a service beside it fails; what the candidate itself does is an observation
 */
export async function runDirectly(resources: GateResources, candidate: Candidate): Promise<DirectColumn> {
  const { engine, run, images } = resources;
  const secrets = secretsOf(candidate);
  const fill = (text: string): string => filled(text, secrets);
  const installed = await install(images, candidate);
  if ("failed" in installed)
    return { seen: notStarted(installed.failed), supply: undefined, secrets, image: undefined };
  const networks = await createNetworks(engine, run, rig, [{ name: "candidate", internal: true }]);
  const network = networks.get("candidate");
  if (network === undefined) throw new Error("the engine created no network");
  const start = (plan: PartPlan): Promise<PartHandle> => startPart(resources, rig, plan);
  const [sink, ...beside] = await Promise.all([
    nameSinkPlan(images, network).then(start),
    ...candidate.beside.map((part) => besidePlan(images, part, network, fill).then(start)),
  ]);
  const { listens } = candidate.server;
  const plan: PartPlan = {
    ...idle("candidate", installed.image),
    networks: [{ network, aliases: [] }],
    settings: { host: boundsOf(candidate, sink.addresses[network.name]) },
    ...(listens === undefined ? {} : { publish: [] }),
  };
  const part = await start(plan);
  const supply = await supplyIn(resources, candidate, part, installed);
  const subject = await ContainerSubject.prepare({
    engine,
    candidate,
    part,
    sink,
    beside: new Map(candidate.beside.map(({ name }, index) => [name, beside[index] ?? sink])),
    command: commandOf(candidate),
    environment: { HOME: "/tmp", ...Object.fromEntries([...candidate.environment].map(([k, v]) => [k, fill(v)])) },
    secrets,
    http: listens && (await httpOf(resources, plan, part, listens, secrets)),
    supply,
  });
  return { seen: await observe(subject, candidate), supply, secrets, image: installed.image };
}

/** A new value for each secret, or that of the variable which the file names. */
function secretsOf({ secrets }: Candidate): ReadonlyMap<string, string> {
  return new Map(
    secrets.map(({ name, from }) => {
      if (from === undefined) return [name, `canary-${randomBytes(16).toString("hex")}`];
      const value = process.env[from];
      if (value === undefined || value === "")
        throw new UsageError(`the candidate needs ${name}, and ${from} is not set; set it, or remove from: of ${name}`);
      return [name, value];
    }),
  );
}

function filled(text: string, secrets: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (written, name: string) => secrets.get(name) ?? written);
}

/** Its images, or why it can't be installed. */
type Installed = { image: PartImage; again: PartImage | undefined } | { failed: EnvironmentError };

async function install(images: Images, { name, server }: Candidate): Promise<Installed> {
  const once = async (service: string): Promise<PartImage> => {
    const { image } = await images.service(service, [
      server.from === "image"
        ? { from: "image", image: server.image }
        : { from: "packages", packages: server.packages, entrypoint: undefined, command: undefined },
    ]);
    return image;
  };
  try {
    const image = await once(`candidate-${name}`);
    return { image, again: server.from === "image" ? undefined : await once(`candidate-${name}-again`) };
  } catch (error) {
    if (error instanceof EnvironmentError) return { failed: error };
    throw error;
  }
}

function notStarted({ message, log }: EnvironmentError): Observations {
  return {
    failed: { why: `it can't be installed: ${message}`, log },
    catalogue: undefined,
    later: [],
    eras: undefined,
    strayIds: [],
    calls: [],
    leftOver: [],
    recovery: undefined,
    egress: [],
    refused: [],
    http: undefined,
    texts: new Map(),
    startTook: 0,
    isCutShort: false,
  };
}

function idle(name: string, image: PartImage): Omit<PartPlan, "networks"> {
  return {
    name,
    image,
    entrypoint: ["sleep"],
    command: ["infinity"],
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  };
}

/** What the candidate may use, and the server that it asks for names. */
function boundsOf({ limits }: Candidate, nameServer: string | undefined): HostSettings {
  const memory = limits.memoryMb * 1024 * 1024;
  return {
    Init: true,
    Memory: memory,
    MemorySwap: memory,
    PidsLimit: limits.processes,
    ReadonlyRootfs: true,
    Tmpfs: { "/tmp": `size=${limits.diskMb}m,mode=1777,exec`, "/root": `size=${limits.diskMb}m` },
    CapDrop: ["ALL"],
    // It may still kill and read its own processes, which run as the same user.
    SecurityOpt: ["no-new-privileges"],
    ...(nameServer === undefined ? {} : { Dns: [nameServer], DnsOptions: ["timeout:1", "attempts:1"] }),
  };
}

async function supplyIn(
  resources: GateResources,
  { server }: Candidate,
  part: PartHandle,
  installed: { image: PartImage; again: PartImage | undefined },
): Promise<Supply | undefined> {
  const { image, again } = installed;
  if (server.from === "image" || again === undefined) {
    const packages = [{ name: image.part, version: image.version, digest: image.digest }];
    return {
      name: image.part,
      version: image.version,
      ecosystem: "image",
      isPinned: server.from === "image" && server.image.includes("@sha256:"),
      packages,
      again: packages,
      licence: undefined,
      addresses: [],
      provenance: { offered: [], verified: false, why: "an image's signature is not asked for" },
      variables: [],
    };
  }
  const second = await startPart(resources, rig, { ...idle("candidate-again", again), networks: [] });
  return await supplyOf(resources.engine, server, { container: part.containerId, again: second.containerId });
}

function commandOf({ server }: Candidate): readonly string[] {
  if (server.from === "packages") return [server.command, ...server.args];
  return server.command ?? [];
}

/** A network without a way out publishes no port: a relay does, that is on another one too. */
async function httpOf(
  { engine, run, images }: GateResources,
  plan: PartPlan,
  part: PartHandle,
  { port, path, token }: { port: number; path: string; token: string | undefined },
  secrets: ReadonlyMap<string, string>,
): Promise<Subject["http"]> {
  const name = `${run.id}-${rig}-${plan.name}`;
  const ports = await startPortRelay(engine, run, { ...plan, publish: [port] }, name, await images.get("host"));
  return { url: `http://${part.host}:${ports.get(port)}${path}`, token: token && secrets.get(token) };
}
