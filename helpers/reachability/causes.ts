import { readFileSync } from "node:fs";
import { publishedTo } from "../deployment/compose/host-address.ts";
import type { PublishedPort } from "../deployment/compose/types.ts";
import { whyUnpublished } from "../deployment/compose/unpublished-port.ts";
import type { Deployment, SourceLocation } from "../deployment/types.ts";
import { traefikApi } from "./admin-listeners.ts";
import { decidingLine, refusingLine } from "./firewall-lines.ts";
import type { Cell } from "./matrix.ts";

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
    const stray = [from, to].filter((name) => !needsNetwork(name, shared, deployment));
    const [only] = stray;
    const own = only === undefined ? undefined : compose.services.get(only)?.networkLocations.get(shared);
    return {
      cause: `both are on ${shared}, where every listening port can be reached: move one of them to another network`,
      location: stray.length === 1 && own !== undefined ? own : compose.networks.get(shared)?.location,
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

/** Whether the policy lets a service talk to another one on a network, and the two share no other network. */
function needsNetwork(name: string, network: string, { compose, policy }: Deployment): boolean {
  const own = compose.services.get(name)?.networks ?? new Map();
  return [...compose.services.values()].some(({ key, networks }) => {
    const shared = [...networks.keys()].filter((one) => own.has(one));
    const talks = policy.reach.some(({ from, to }) => (from === name && to === key) || (from === key && to === name));
    return key !== name && talks && shared.length === 1 && shared[0] === network;
  });
}

/** The one network by which the firewall lets other services out that the policy allows to, where a source is on it too. */
function networkOfOthers(from: string, deployment: Deployment): string | undefined {
  const { compose, policy } = deployment;
  const allowed = policy.reach.filter((rule) => rule.to === "outside" && rule.from !== from);
  const networks = new Set(allowed.flatMap((rule) => networksOut(rule.from, deployment)));
  const [network] = networks;
  if (network === undefined || networks.size > 1) return undefined;
  return compose.services.get(from)?.networks.has(network) ? network : undefined;
}

/** The networks of a service from whose interfaces the firewall accepts connections to the outside. */
function networksOut(name: string, { compose, policy }: Deployment): string[] {
  const { firewall } = policy;
  return [...(compose.services.get(name)?.networks.keys() ?? [])].filter((network) => {
    const bridge = compose.networks.get(network)?.bridge;
    if (firewall === undefined || bridge === undefined) return false;
    const { outside } = firewall.interfaces;
    return (
      lineOf(firewall.file, new RegExp(`iifname.*\\b${bridge}\\b.*oifname.*\\b${outside}\\b.*accept`)) !== undefined
    );
  });
}

/** Why a pair does not connect on a port that the policy allows. */
export function causeOfBlocked(cell: Cell, deployment: Deployment): PairCause {
  const { fate, outcome, from, to, rule } = cell;
  if (outcome === "name not found") {
    const name = rule?.as ?? to;
    return { cause: `the source cannot resolve the name ${name}`, location: locationOfApart(from, to, deployment) };
  }
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
  return { cause: "the firewall denies it", location: refusingLine(cell, deployment) };
}

/** The network by which docker routes what leaves a service: the first by name that is not internal. */
function defaultNetwork(name: string, { compose }: Deployment): string | undefined {
  const own = [...(compose.services.get(name)?.networks.keys() ?? [])];
  return own.filter((network) => compose.networks.get(network)?.internal === false).toSorted()[0];
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
function locationOfUnpublished(port: number, deployment: Deployment): SourceLocation | undefined {
  const { compose, traefik, traefikModel, litellm } = deployment;
  const published = [...compose.services.values()].flatMap(({ ports }) => ports);
  const near = publishedPort(port, deployment) ?? published.find(({ container }) => container === port);
  if (near !== undefined) return near.location;
  const isEntryPoint = [...(traefikModel?.static.entryPoints.values() ?? [])].some((one) => one.port === port);
  const service = isEntryPoint ? traefik : litellm;
  return service?.ports[0]?.location ?? service?.location;
}

/** The first line that matches, without its comment. */
function lineOf(file: string, pattern: RegExp): SourceLocation | undefined {
  const lines = readFileSync(file, "utf8").split("\n");
  const index = lines.findIndex((line) => pattern.test(line.replace(/#.*/, "")));
  return index === -1 ? undefined : { file, line: index + 1 };
}
