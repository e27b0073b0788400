import { deadlines, until } from "../../helpers/core/deadlines.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { commonPorts } from "../../helpers/reachability/common-ports.ts";
import type { Engine } from "../engine/engine.ts";
import { execute, launch, type PartHandle } from "../parts/part.ts";
import { atOnce } from "../parts/readiness.ts";
import { networksOf } from "../parts/render.ts";
import { attachments } from "../parts/traefik.ts";
import { machine } from "./gateway-rig.ts";
import type { RigContext, RigState } from "./rig.ts";

/** Machines of the gateway rig, by the policy's name for where they stand. */
export const machines: Readonly<Record<string, string>> = {
  lan: "lan-host",
  outside: "sentinel",
  "gateway-host": "gateway-host",
};

/** What a namespace has, as namespace.ts tells it. */
export interface Namespace {
  addresses: readonly string[];
  listening: readonly { address: string; port: number }[];
  /** The part of it that is the suite's. */
  opened: readonly { address: string; port: number }[];
}

/** A port of the sentinel's that the policy can't open: the gateway host itself connects to it, as the control. */
export const controlPort = 7;

/**
 * The reach rig: beside the gateway rig, a prober in the network namespace of each service, and a stand-in for each
 * service that the gateway rig does not run. Behind every port that is tried and where nothing listens it puts a
 * listener: a denial is never 'nobody was listening'. Not so on the ways by which the gateway is published: whether
 * something of its own stands there must show.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startReachRig(rig: RigContext): Promise<RigState> {
  const name = "reach";
  const { engine, deployment, images } = rig;
  const [gateway, image] = await Promise.all([rig.rig("gateway"), images.get("host")]);
  const parts: Record<string, PartHandle> = {};
  const services: Record<string, string> = {};
  await Promise.all(
    [...deployment.compose.services.values()].map(async (service) => {
      const running = gateway.parts[gateway.services?.[service.name] ?? ""];
      // Not the service's own name: it is not the service.
      const plan = machine(`at-${service.name}`, image);
      const networks = new Map(Object.entries(gateway.networks).map(([key, made]) => [key, { name: made, id: made }]));
      services[service.name] = plan.name;
      parts[plan.name] = await rig.startPart(
        name,
        running === undefined
          ? { ...plan, networks: attachments(networksOf(service), networks, service.name), ready: atOnce }
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

/** What a part's network namespace has; the part must have the host's image. */
export async function readNamespace(engine: Engine, part: PartHandle): Promise<Namespace> {
  const { exitCode, stdout, stderr } = await execute(engine, part.containerId, ["node", "/app/namespace.ts"]);
  if (exitCode !== 0) throw new Error(`${part.name} does not tell what listens there: ${stderr.trim()}`);
  return JSON.parse(stdout) as Namespace;
}

/** Every port that anything listens on, that the policy or compose.yaml name, and the usual suspects. */
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
 * Those of the ports on which the suite's own listener stands: all but what the deployment itself has to listen on, where
 * the place is the real one (in a part that only stands for a service nothing of its own listens).
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

/** Ports that the deployment itself has to listen on: on the gateway host those of the policy, in a service those published. */
function ownPorts({ policy, compose }: Deployment, location: string): readonly number[] {
  if (location === "gateway-host")
    return policy.reach.filter(({ to }) => to === "gateway-host").flatMap((rule) => rule.ports);
  return compose.services.get(location)?.ports.map(({ container }) => container) ?? [];
}

/** Whether only the namespace itself reaches what listens at the address. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

async function openListeners(engine: Engine, part: PartHandle, ports: readonly number[]): Promise<void> {
  await launch(engine, part.containerId, ["node", "/app/listen.ts", ...ports.map(String)]);
  await until(`listeners stand on ${part.name}`, deadlines.smallPartStart, async () => {
    const { opened } = await readNamespace(engine, part);
    return opened.length > 0 ? true : undefined;
  });
}
