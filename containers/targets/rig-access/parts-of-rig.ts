import { liteLLMPortOf } from "../../../helpers/deployment/services/litellm-port.ts";
import { forwardedHosts } from "../../../helpers/deployment/services/origins.ts";
import type { Canaries } from "../../../helpers/deployment/source/canaries.ts";
import { type ComposeService, type Deployment, hasTraefik } from "../../../helpers/deployment/types.ts";
import type { Address } from "../../../helpers/protocol/address.ts";
import type { Resolve } from "../../../helpers/protocol/recording-client.ts";
import type { Engine } from "../../engine/engine.ts";
import { entryPointPorts } from "../../parts/deployment/traefik.ts";
import type { PartHandle } from "../../parts/part.ts";
import type { RigState } from "../../rigs/rig.ts";

/**
 * The value of a secret in this run.
 *
 * @throws {Error} when the policy names no such secret
 */
export function secretOf(canaries: Canaries, name: string): string {
  const value = canaries.secrets.get(name);
  if (value === undefined) throw new Error(`the policy names no secret ${name}`);
  return value;
}

/** A part of a rig by name. */
export function partOf(state: RigState, name: string): PartHandle {
  const part = state.parts[name];
  if (part === undefined) throw new Error(`the ${state.rig} rig has no part ${name}`);
  return part;
}

/** Takes over the ports at which the engine publishes a part that was started again: they may differ from those before. */
export async function adoptPublishedPorts(engine: Engine, part: PartHandle): Promise<void> {
  const { NetworkSettings: settings } = await engine.docker.getContainer(part.containerId).inspect();
  const ports = Object.entries(settings.Ports).flatMap(([port, bindings]) =>
    bindings?.[0] === undefined ? [] : [[Number.parseInt(port, 10), Number(bindings[0].HostPort)] as const],
  );
  Object.assign(part.ports as Record<number, number>, Object.fromEntries(ports));
}

/** An address that refuses every connection: port 1 is reserved (tcpmux), and nothing listens there. */
const closedPort: Address = { host: "127.0.0.1", port: 1 };

/** Where a part's port is published. */
export interface Published extends Address {
  part: PartHandle;
  /** The port inside of the container. */
  container: number;
}

/**
 * Resolves URLs of the deployment's hosts, and those with the name of LiteLLM's or Traefik's service, to where the rig
 * publishes them: by the entry point's port to Traefik, by LiteLLM's own port to LiteLLM. A port that the deployment does not publish refuses connections, as it would there. An
 * address that is not the rig's stays as it is.
 */
export function resolveIn(state: RigState, deployment: Deployment): Resolve {
  const published = publishedIn(state, deployment);
  return (_scheme, host, port) => {
    if (host === "127.0.0.1") return { host, port };
    return published(host, port) ?? closedPort;
  };
}

/** Finds the part behind a URL's host and port; undefined for what is not the rig's. */
export function publishedIn(
  state: RigState,
  deployment: Deployment,
): (host: string, port: number) => Published | undefined {
  const { traefik } = state.parts;
  const byPort = new Map<number, Published[]>();
  const publish = (port: number, part: PartHandle | undefined, container: number): void => {
    const at = part?.ports[container];
    if (part === undefined || at === undefined) return;
    byPort.set(port, [{ host: part.host, port: at, part, container }, ...(byPort.get(port) ?? [])]);
  };
  if (hasTraefik(deployment)) {
    // What compose publishes decides which entry point a URL's port means, e.g. `80:8000`.
    const decided = new Set(deployment.traefik.ports.map(({ host }) => host));
    for (const port of entryPointPorts(deployment.traefikModel).values())
      if (!decided.has(port)) publish(port, traefik, port);
    for (const { host, container } of deployment.traefik.ports) publish(host, traefik, container);
    for (const { port, listens } of forwardedHosts(deployment)) publish(port, traefik, listens);
  }
  const liteLLMPort = liteLLMPortOf(deployment.litellm);
  for (const { host, container } of deployment.litellm.ports) publish(host, state.parts.litellm, container);
  publish(liteLLMPort, state.parts.litellm, liteLLMPort);
  const services: readonly (readonly [ComposeService | undefined, PartHandle | undefined])[] = [
    [deployment.litellm, state.parts.litellm],
    [deployment.traefik, traefik],
  ];
  const byName = new Map<string, Published>();
  for (const [service, part] of services)
    for (const [container, port] of Object.entries(part?.ports ?? {})) {
      if (service === undefined || part === undefined) continue;
      byName.set(`${service.name}:${container}`, { host: part.host, port, part, container: Number(container) });
    }
  const bySocket = new Map<string, Published>();
  for (const part of Object.values(state.parts)) {
    for (const [container, port] of Object.entries(part.ports)) {
      const { host } = part;
      bySocket.set(`${host}:${port}`, { host, port, part, container: Number(container) });
    }
  }
  return (host, port) => {
    const published = byPort.get(port) ?? [];
    const socket = `${host}:${port}`;
    const named = deployment.policy.hosts.some(({ name }) => name === host) ? undefined : byName.get(socket);
    return bySocket.get(socket) ?? named ?? publishedFor(host, published, deployment) ?? published[0];
  };
}

/**
 * Of several places behind one port of the host, the one of the policy's host: compose may publish a port on two addresses, for two
 * entry points (`100.64.0.1:443:443`, `192.0.2.1:443:8443`). Undefined where the policy does not decide it.
 */
function publishedFor(
  host: string,
  published: readonly Published[],
  { policy, traefikModel }: Deployment,
): Published | undefined {
  if (published.length < 2 || traefikModel === undefined) return undefined;
  const ports = new Map([...entryPointPorts(traefikModel)].map(([name, port]) => [name.toLowerCase(), port]));
  const own = policy.hosts.flatMap(({ name, entryPoint }) => {
    return name === host && entryPoint !== undefined ? (ports.get(entryPoint.toLowerCase()) ?? []) : [];
  });
  return own.flatMap((port) => published.find(({ container }) => container === port) ?? [])[0];
}
