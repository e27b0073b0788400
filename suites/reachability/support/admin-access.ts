import type { Reachability } from "../../../containers/targets/reachability.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { ComposeService } from "../../../helpers/deployment/types.ts";
import type { AdminListener, SocketMount } from "../../../helpers/reachability/admin-listeners.ts";
import { strayLocation } from "../../../helpers/reachability/causes.ts";
import { attemptText } from "../../../helpers/reachability/failures.ts";
import type { JudgedMatrix } from "./judged-matrix.ts";

/** The failure of a part of the gateway that has the engine's socket although the policy does not name it. */
export function socketFailure({ service, location }: SocketMount): CheckFailure {
  return new CheckFailure({
    summary: `${service} has the engine's socket, and the policy does not name it`,
    code: "engine-socket-mounted",
    expected: "the socket in Traefik or a proxy of it only, or in a service under 'docker_socket' of the policy",
    actual: `a mount in ${service}`,
    cause: "whoever controls a process in this container controls every container, and the host",
    location,
    fix: `remove the mount, or add 'docker_socket: [${service}]' to the policy`,
  });
}

/** @throws {CheckFailure} with the containers that reach a listener although the policy does not say so */
export function expectNobodyElse(
  { deployment }: Pick<Reachability, "deployment">,
  { cells, sweep }: JudgedMatrix,
  { service, port, everyPort, users, name, gives, location, fix }: AdminListener,
): void {
  const { compose, policy } = deployment;
  const site = sweep.sites.find((one) => one.name === service);
  const listening = site?.listening.map((one) => one.port) ?? [];
  const ports = everyPort && listening.length > 0 ? listening : [port];
  const others = (from: string): boolean => compose.services.has(from) && !users.includes(from);
  const open = cells.filter(
    (cell) => cell.to === service && cell.verdict === "open" && ports.includes(cell.port) && others(cell.from),
  );
  // Nothing listens where the service itself is not run, but docker filters no port on a shared network.
  const sharing = listening.length === 0 ? neighboursOf(compose.services, service).filter(others) : [];
  const unnamed = sharing.filter(
    (from) => !policy.reach.some((rule) => rule.from === from && rule.to === service && rule.ports.includes(port)),
  );
  const who = [...new Set([...open.map(({ from }) => from), ...unnamed])];
  if (who.length === 0) return;
  const reached = open.length > 0 ? [...new Set(open.map((cell) => cell.port))] : ports;
  // One that can be closed where it is opened has its cause there, and not in the network.
  const near = fix === undefined ? open.find((cell) => cell.shared !== undefined) : undefined;
  throw new CheckFailure({
    summary: `${who.join(", ")} ${who.length === 1 ? "reaches" : "reach"} ${name} of ${service} on ${reached.join(", ")}, which the policy does not say`,
    code: "administrative-listener-reached",
    expected: "nobody but those whom the policy names under 'reach'",
    actual: open.length > 0 ? "connected" : "they share a network, where docker filters no port",
    evidence: {
      sent: open.map(({ from, address, port: tried }) => attemptText({ from, to: address, port: tried })).join("\n"),
    },
    cause: `whoever controls one of these containers ${gives}`,
    location:
      (near?.shared === undefined ? undefined : strayLocation([near.from, service], near.shared, deployment)) ??
      location,
    fix: `${fix ?? `put ${service} on a network of its own with those who need it`}, or name those who may reach it under 'reach' of the policy`,
  });
}

/** The keys of the services that share a network with a service. */
function neighboursOf(services: ReadonlyMap<string, ComposeService>, key: string): string[] {
  const own = services.get(key)?.networks ?? new Map();
  return [...services.values()]
    .filter((other) => other.key !== key && [...other.networks.keys()].some((network) => own.has(network)))
    .map((other) => other.key);
}
