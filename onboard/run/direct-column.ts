import type { PartImage } from "../../containers/images/part-image.ts";
import { createNetworks } from "../../containers/networks/network.ts";
import type { PartHandle, PartPlan } from "../../containers/parts/part.ts";
import { startPortRelay } from "../../containers/parts/port-relay.ts";
import { readyWhenRunning } from "../../containers/parts/readiness.ts";
import { startPart } from "../../containers/parts/start-part.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import type { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Candidate } from "../candidate/types.ts";
import type { Observations } from "../observe/observations.ts";
import { observe } from "../observe/observe.ts";
import type { Subject, Supply } from "../observe/subject.ts";
import type { Column } from "../observe/undecided.ts";
import { ContainerSubject } from "./container-subject.ts";
import type { GateResources } from "./gate-resources.ts";
import { nameSinkPlan } from "./name-sink.ts";
import { neededServicePlan } from "./needed-services.ts";
import { boundsOf, commandOf, environmentOf, filled, type Prepared } from "./prepared.ts";
import { supplyOf } from "./supply.ts";

/** What was seen of a candidate without a gateway. */
export interface DirectColumn extends Column<Observations> {
  supply: Supply | undefined;
  /** The image that it ran from; undefined where there was none. */
  image: PartImage | undefined;
}

const rig = "alone";

/**
 * Runs a candidate with the services that it needs, on a network without a way out but to the hosts that its file declares.
 *
 * @throws {EnvironmentError} when the engine or a service that it needs fails; what the candidate itself does is an observation
 */
export async function runDirectly(
  resources: GateResources,
  candidate: Candidate,
  { installed, secrets, hosts }: Prepared,
): Promise<DirectColumn> {
  const { engine, run, images } = resources;
  const fill = (text: string): string => filled(text, secrets);
  if ("failed" in installed) {
    const seen = notStarted(installed.failed);
    return { seen, again: async () => seen, supply: undefined, image: undefined };
  }
  const networks = await createNetworks(engine, run, rig, [{ name: "candidate", internal: true }]);
  const network = networks.get("candidate");
  if (network === undefined) throw new Error("the engine created no network");
  await hosts.joinTo(network);
  const start = (plan: PartPlan): Promise<PartHandle> => startPart(resources, rig, plan);
  const [sink, ...needs] = await Promise.all([
    nameSinkPlan(images, network).then(start),
    ...candidate.needs.map((part) => neededServicePlan(images, part, network, fill).then(start)),
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
    needs: new Map(candidate.needs.map(({ name }, index) => [name, needs[index] ?? sink])),
    command: commandOf(candidate),
    environment: { HOME: "/tmp", ...environmentOf(candidate, secrets) },
    secrets,
    http: listens && (await httpOf(resources, plan, part, listens, secrets)),
    supply,
  });
  const again = (): Promise<Observations> => observe(subject, candidate);
  return { seen: await again(), again, supply, image: installed.image };
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
    starved: undefined,
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
      // An image's signature is not asked for.
      provenance: [],
      variables: [],
    };
  }
  const second = await startPart(resources, rig, { ...idle("candidate-again", again), networks: [] });
  return await supplyOf(resources.engine, server, { container: part.containerId, again: second.containerId });
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
