import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { programsIn } from "../../helpers/deployment/services/joined-reach.ts";
import { slug } from "../../helpers/deployment/services/slug.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { commonPorts } from "../../helpers/reachability/common-ports.ts";
import type { Engine } from "../engine/engine.ts";
import { execute, launch } from "../parts/container-command.ts";
import { serviceAttachments } from "../parts/deployment/service-networks.ts";
import type { PartHandle } from "../parts/part.ts";
import { readyWhenRunning } from "../parts/readiness.ts";
import { machinePlan } from "./gateway-rig.ts";
import type { RigContext, RigState } from "./rig.ts";

/** Machines of the gateway rig, by the policy's name of their site. */
export const machines: Readonly<Record<string, string>> = {
  lan: "lan-host",
  outside: "sentinel",
  "gateway-host": "gateway-host",
};

/** The addresses and listeners of a part's network namespace, as namespace.ts in the host's image reports them. */
export interface Namespace {
  addresses: readonly string[];
  listening: readonly { address: string; port: number }[];
  /** Those of the listeners that the suite opened. */
  opened: readonly { address: string; port: number }[];
}

/** A port of the sentinel that no policy names: the gateway host itself connects to it, as the control. */
export const controlPort = 7;

/**
 * Starts the reachability rig, in addition to the gateway rig: a prober in the network namespace of each service, and a
 * stand-in for each service that the gateway rig does not run. It opens a listener on every port that is tried and where
 * nothing listens, so that a denial never means that nothing was listening. The ports on which the gateway is published
 * are the exception: there the deployment itself must listen.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startReachabilityRig(rig: RigContext): Promise<RigState> {
  const name = "reachability";
  const { engine, deployment, images } = rig;
  const [gateway, image] = await Promise.all([rig.rig("gateway"), images.get("host")]);
  const parts: Record<string, PartHandle> = {};
  const services: Record<string, string> = {};
  await Promise.all(
    [...deployment.compose.services.values()].map(async (service) => {
      const running = runningPart(gateway, service.key);
      // One on the host's own network has no address of its own, and a sidecar's names and networks are those of the program in it.
      if (running === undefined && (service.networkMode !== undefined || programsIn(deployment, service).length > 0))
        return;
      // Not the service's own name, because it is not the service.
      const plan = machinePlan(`at-${slug(service.key)}`, image);
      const networks = new Map(Object.entries(gateway.networks).map(([key, made]) => [key, { name: made, id: made }]));
      services[service.key] = plan.name;
      parts[plan.name] = await rig.startPart(
        name,
        running === undefined
          ? { ...plan, networks: serviceAttachments(deployment.compose, service, networks), ready: readyWhenRunning }
          : { ...plan, joins: running },
      );
    }),
  );
  const sites = [...Object.values(parts), ...Object.values(machines).flatMap((part) => gateway.parts[part] ?? [])];
  const namespaces = await Promise.all(sites.map((part) => readNamespace(engine, part)));
  const ports = portsToTry(deployment, namespaces);
  const locationOf = new Map(
    [...Object.entries(machines), ...Object.entries(services)].map(([location, part]) => [part, location]),
  );
  const portsOf = ({ name: part }: PartHandle): readonly number[] => {
    if (part === machines.outside) return [...ports, controlPort];
    const location = locationOf.get(part) ?? "";
    return portsOfSuite(deployment, gateway, location, ports);
  };
  await Promise.all(sites.map((part) => openListeners(engine, part, portsOf(part))));
  return { rig: name, parts, networks: {}, changes: [], services };
}

/**
 * The part of the gateway rig that runs a service, or stands in for it. A second part with the service's names would take
 * every other connection to it.
 */
export function runningPart({ parts, services, standIns }: RigState, key: string): PartHandle | undefined {
  return parts[services?.[key] ?? standIns?.[key] ?? ""];
}

/**
 * The addresses and listeners of a part's network namespace. The part must have the host's image.
 *
 * @throws {Error} when they cannot be read
 */
export async function readNamespace(engine: Engine, part: PartHandle): Promise<Namespace> {
  const { exitCode, stdout, stderr } = await execute(engine, part.containerId, ["node", "/app/namespace.ts"]);
  if (exitCode !== 0) throw new Error(`the listeners of ${part.name} cannot be read: ${stderr.trim()}`);
  return JSON.parse(stdout) as Namespace;
}

/** Every port on which anything listens, or which the policy or compose.yaml names, and the common ports. */
function portsToTry({ policy, compose }: Deployment, namespaces: readonly Namespace[]): number[] {
  const ports = [
    ...Object.keys(commonPorts).map(Number),
    ...policy.reach.flatMap((rule) => rule.ports),
    ...[...compose.services.values()].flatMap((service) =>
      service.ports.flatMap(({ host, container }) => [host, container]),
    ),
    ...namespaces.flatMap(({ listening }) =>
      listening.filter(({ address }) => !isLoopback(address)).map(({ port }) => port),
    ),
  ];
  return [...new Set(ports)].sort((a, b) => a - b);
}

/**
 * The ports on which the suite opens a listener at a site: all except those on which the deployment itself must listen. A
 * part that only replaces a service gets a listener on all of them.
 *
 * @param gateway the gateway rig
 * @param location the policy's name of the site
 * @param ports all ports that are tried
 */
export function portsOfSuite(
  deployment: Deployment,
  gateway: RigState,
  location: string,
  ports: readonly number[],
): readonly number[] {
  const isReal = machines[location] !== undefined || gateway.services?.[location] !== undefined;
  const own = isReal ? ownPorts(deployment, location) : [];
  return ports.filter((port) => !own.includes(port));
}

/** Ports on which the deployment itself must listen: on the gateway host those of the policy, in a service the published ones. */
function ownPorts({ policy, compose }: Deployment, location: string): readonly number[] {
  if (location === "gateway-host")
    return policy.reach.filter(({ to }) => to === "gateway-host").flatMap((rule) => rule.ports);
  return compose.services.get(location)?.ports.map(({ container }) => container) ?? [];
}

/** Whether what listens at the address can be reached from its own network namespace only. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

async function openListeners(engine: Engine, part: PartHandle, ports: readonly number[]): Promise<void> {
  await launch(engine, part.containerId, ["node", "/app/listen.ts", ...ports.map(String)]);
  await until(`the suite's listeners are open on ${part.name}`, deadlines.smallPartStart, async () => {
    const { opened } = await readNamespace(engine, part);
    return opened.length > 0 ? true : undefined;
  });
}
