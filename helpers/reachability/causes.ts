import { publishedTo } from "../deployment/compose/host-address.ts";
import type { PublishedPort } from "../deployment/compose/types.ts";
import { whyUnpublished } from "../deployment/compose/unpublished-port.ts";
import type { Deployment, SourceLocation } from "../deployment/types.ts";
import { traefikApi } from "./admin-listeners.ts";
import { decidingLine, refusingLine } from "./firewall-lines.ts";
import { whyNotFound, whyUnanswered } from "./firewall-side-traffic.ts";
import type { Cell } from "./matrix.ts";
import { defaultNetwork, networkOfOthers, networksOut, networkWithoutUser } from "./way-out.ts";

/** Why a pair connects that should not, or does not that should. */
export interface PairCause {
  cause: string;
  location?: SourceLocation | undefined;
  /** How to fix it, in the imperative, where the cause does not say it. */
  fix?: string | undefined;
}

/** Why a pair connects on a port that the policy does not allow. */
export function causeOfOpen(cell: Cell, deployment: Deployment): PairCause {
  const { shared, from, to } = cell;
  const { compose, policy } = deployment;
  const api = traefikApi(deployment);
  if (shared !== undefined && to === api?.service && cell.port === api.port)
    return {
      cause: `${api.name} listens there without a credential: whoever reaches it ${api.gives}`,
      location: api.location,
      fix: api.fix,
    };
  if (shared !== undefined) {
    return {
      cause: `both are on ${shared}, where every listening port can be reached: move one of them to another network`,
      location: strayLocation([from, to], shared, deployment),
    };
  }
  const { firewall } = policy;
  if (firewall === undefined)
    return {
      cause:
        to === "gateway-host"
          ? "the deployment publishes it on every address, and the policy names no firewall that denies it"
          : wayOut(from, to),
      location: to === "gateway-host" ? publishedPort(cell.port, deployment)?.location : undefined,
    };
  const network = to === "outside" ? networkOfOthers(from, deployment) : undefined;
  if (network !== undefined)
    return {
      cause: `${from} is on ${network}, out of which the firewall lets connections that the policy allows to another service`,
      location: compose.services.get(from)?.networkLocations.get(network),
    };
  return { cause: wayOut(from, to), location: decidingLine(cell, deployment) };
}

function wayOut(from: string, to: string): string {
  if (to === "gateway-host") return "the firewall's input chain lets it in";
  return from === "lan" || from === "outside" ? "the firewall forwards it" : `the firewall lets ${from} out`;
}

/** Where the one of two services on a network that does not need it names it; else the network. */
export function strayLocation(
  pair: readonly [string, string],
  network: string,
  deployment: Deployment,
): SourceLocation | undefined {
  const { services, networks } = deployment.compose;
  const [stray, ...others] = pair.filter((name) => !needsNetwork(name, network, deployment));
  const own = stray === undefined ? undefined : services.get(stray)?.networkLocations.get(network);
  return others.length === 0 && own !== undefined ? own : networks.get(network)?.location;
}

/** Whether the policy lets a service talk to another one on a network, and the two share no other network. */
function needsNetwork(name: string, network: string, { compose, policy }: Deployment): boolean {
  const own = compose.services.get(name)?.networks ?? new Map();
  return [...compose.services.values()].some(({ key, networks }) => {
    const shared = [...networks.keys()].filter((one) => own.has(one));
    const talks = policy.reach.some(({ from, to }) => (from === name && to === key) || (from === key && to === name));
    return key !== name && talks && shared.length === 1 && shared[0] === network;
  });
}

/** Why a pair does not connect on a port that the policy allows. */
export function causeOfBlocked(cell: Cell, deployment: Deployment): PairCause {
  const { fate, outcome, from, to, rule } = cell;
  if (outcome === "name not found") return causeOfNoName(from, to, rule?.as, deployment);
  const side = causeOfSideTraffic(cell, deployment);
  if (side !== undefined) return side;
  if (fate === "denied-by-firewall") return causeOfDenied(cell, deployment);
  if (fate === "dropped-by-docker" || fate === "kept-inside" || outcome === "no route")
    return {
      cause:
        outcome === "no route"
          ? "the two share no network, and there is no route between them"
          : "the two share no network, and docker isolates networks from each other",
      location: locationOfApart(from, to, deployment),
    };
  const nothing = { cause: "nothing listens on the port, or the port is not published" };
  if (to !== "gateway-host") return nothing;
  return {
    ...nothing,
    location: locationOfUnpublished(cell.port, deployment),
    ...whyUnpublished(deployment, cell.port),
  };
}

/** What the firewall denies besides the connection: the search for the host's address, or the answers. */
function causeOfSideTraffic(cell: Cell, deployment: Deployment): PairCause | undefined {
  const { fate, outcome, to, shared } = cell;
  const isFound = shared !== undefined || (outcome === "no route" && to !== "gateway-host");
  if (fate === "not-seen" && !isFound) return whyNotFound(cell, deployment);
  const isUnanswered = outcome === "dropped" || outcome === "reset";
  return fate === "passed" && isUnanswered ? whyUnanswered(cell, deployment) : undefined;
}

/** A name that does not resolve: the target has no such alias on the network that the two share, or they share none. */
function causeOfNoName(from: string, to: string, alias: string | undefined, deployment: Deployment): PairCause {
  const cause = `the source cannot resolve the name ${alias ?? to}`;
  const [source, target] = [from, to].map((name) => deployment.compose.services.get(name));
  const shared = [...(source?.networks.keys() ?? [])].find((network) => target?.networks.has(network));
  if (alias === undefined || shared === undefined) return { cause, location: locationOfApart(from, to, deployment) };
  return {
    cause: `${cause}: ${to} has no such alias on ${shared}, the network that both are on`,
    location: target?.networkLocations.get(shared) ?? target?.location,
    fix: `give ${to} the alias ${alias} on ${shared}`,
  };
}

/** A denial by the firewall: of what should pass it, or of what leaves by another network than the one that it accepts. */
function causeOfDenied(cell: Cell, deployment: Deployment): PairCause {
  const { from, to } = cell;
  const { compose } = deployment;
  const used = to === "outside" ? defaultNetwork(from, deployment) : undefined;
  const accepted = to === "outside" ? networksOut(from, deployment) : [];
  if (used !== undefined && accepted.length > 0 && !accepted.includes(used))
    return {
      cause: `${from} leaves by ${used}, the first of its networks that has a way out, and the firewall accepts it by ${accepted.join(", ")} alone`,
      location: compose.networks.get(used)?.location,
    };
  const missing = accepted.length === 0 && to === "outside" ? networkWithoutUser(cell, deployment) : undefined;
  const service = compose.services.get(from);
  if (missing !== undefined && service !== undefined)
    return {
      cause: `the firewall lets connections out of ${missing} alone, and ${from} is not on it`,
      location: service.networkLocations.values().next().value ?? service.location,
      fix: `put ${from} on ${missing}, or accept connections to the outside from one of its networks`,
    };
  return { cause: "the firewall denies it", location: refusingLine(cell, deployment) };
}

/** Where the service of two that is on most networks names them: it is the one that joins the others. */
function locationOfApart(from: string, to: string, { compose }: Deployment): SourceLocation | undefined {
  const [first] = [from, to]
    .flatMap((name) => compose.services.get(name) ?? [])
    .toSorted((one, other) => other.networks.size - one.networks.size);
  return first?.networkLocations.values().next().value ?? first?.location;
}

/** The entry that publishes a TCP port of the gateway host; the one that others than the host itself reach comes first. */
function publishedPort(port: number, { compose }: Deployment): PublishedPort | undefined {
  const all = [...compose.services.values()].flatMap(({ ports }) => ports);
  const own = all.filter(({ host, protocol }) => host === port && protocol === "tcp");
  return own.find(({ address }) => publishedTo(address) !== "nobody") ?? own[0];
}

/** The line of the service that should publish a port on the gateway host. */
export function locationOfUnpublished(port: number, deployment: Deployment): SourceLocation | undefined {
  const { compose, traefik, traefikModel, litellm } = deployment;
  const published = [...compose.services.values()].flatMap(({ ports }) => ports);
  const near = publishedPort(port, deployment) ?? published.find(({ container }) => container === port);
  if (near !== undefined) return near.location;
  const isEntryPoint = [...(traefikModel?.static.entryPoints.values() ?? [])].some((one) => one.port === port);
  const service = isEntryPoint ? traefik : litellm;
  return service?.ports[0]?.location ?? service?.location;
}
