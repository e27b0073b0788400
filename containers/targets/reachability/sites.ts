import type { Deployment } from "../../../helpers/deployment/types.ts";
import { familyOf, type Site, type SiteAddress } from "../../../helpers/reachability/sweep.ts";
import type { Engine } from "../../engine/engine.ts";
import { traefikApiPort } from "../../parts/deployment/traefik/suite-api.ts";
import type { PartHandle } from "../../parts/part.ts";
import { providerNetwork, secondReplica } from "../../rigs/gateway-networks.ts";
import {
  controlPort,
  isLoopback,
  machines,
  type Namespace,
  readNamespace,
  runningPart,
} from "../../rigs/reachability-rig.ts";
import type { RigState } from "../../rigs/rig.ts";
import { partOf } from "../rig-access/parts-of-rig.ts";
import { probe } from "./probe.ts";

/** The running rigs that reachability is tried on. */
export interface ReachabilityRigs {
  engine: Engine;
  deployment: Deployment;
  gateway: RigState;
  reachability: RigState;
}

/** A site, with the parts that connections are tried from and to. */
export interface ProbedSite extends Site {
  /** The part whose network namespace it is. */
  part: PartHandle;
  /** The part with the host's image in that namespace. */
  prober: PartHandle;
}

/** A site's name and parts, before its addresses and listeners are known. */
type SiteParts = Pick<ProbedSite, "name" | "part" | "prober">;

/**
 * The sites that the policy can name, and the ports that are tried on each: all on which anything listens, except those
 * that the suite needs for itself.
 *
 * @throws {Error} when a site's listeners or names cannot be read
 */
export async function findSites(rigs: ReachabilityRigs): Promise<{ sites: ProbedSite[]; ports: number[] }> {
  const namespaces = await Promise.all(
    siteParts(rigs).map(async (site) => ({ site, namespace: await readNamespace(rigs.engine, site.prober) })),
  );
  const sites = await Promise.all(namespaces.map(({ site, namespace }) => describeSite(rigs, site, namespace)));
  const ports = new Set(
    namespaces.flatMap(({ namespace: { opened, listening } }) => [
      ...opened.map(({ port }) => port),
      ...listening.filter(({ address }) => !isLoopback(address)).map(({ port }) => port),
    ]),
  );
  ports.delete(controlPort);
  ports.delete(traefikApiPort);
  return { sites, ports: [...ports].sort((a, b) => a - b) };
}

/** @throws {Error} when there is no such site */
export function siteNamed(sites: readonly ProbedSite[], name: string): ProbedSite {
  const site = sites.find((one) => one.name === name);
  if (site === undefined) throw new Error(`the reachability rig has no site ${name}`);
  return site;
}

function siteParts({ gateway, reachability }: ReachabilityRigs): SiteParts[] {
  return [
    ...Object.entries(machines).map(([name, machine]) => {
      const part = partOf(gateway, machine);
      return { name, part, prober: part };
    }),
    ...Object.entries(reachability.services ?? {}).map(([name, proberName]) => {
      const prober = partOf(reachability, proberName);
      return { name, prober, part: runningPart(gateway, name) ?? prober };
    }),
  ];
}

async function describeSite(rigs: ReachabilityRigs, site: SiteParts, namespace: Namespace): Promise<ProbedSite> {
  const { engine, deployment } = rigs;
  const { names } = await probe(engine, site.prober, { names: namesUsedBy(deployment, site.name), targets: [] });
  const addresses = partsWithNameOf(rigs, site).flatMap((part) => addressesOf(rigs, part));
  return {
    ...site,
    addresses,
    isInternal: addresses.every(({ network }) => deployment.compose.networks.get(network)?.internal),
    listening: ownListeners(deployment, site.name, namespace, addresses),
    names,
  };
}

/** The names by which the policy lets a site connect. No other name is resolved, because an unknown one takes seconds. */
function namesUsedBy({ policy }: Deployment, site: string): string[] {
  const rules = policy.reach.filter(({ from, to, as }) => from === site && (as ?? to) !== "outside");
  return [...new Set(rules.map(({ as, to }) => as ?? to))];
}

/** The parts that the names of a site resolve to: the site's own, and its replica. */
function partsWithNameOf({ deployment, gateway }: ReachabilityRigs, { name, part }: SiteParts): PartHandle[] {
  const replica = name === deployment.litellm.key ? gateway.parts[secondReplica] : undefined;
  return replica === undefined ? [part] : [part, replica];
}

/** A part's addresses on the networks of the deployment, on the LAN and outside, but not on the suite's own network. */
function addressesOf({ gateway }: ReachabilityRigs, part: PartHandle): SiteAddress[] {
  return Object.entries(gateway.networks)
    .filter(([network]) => network !== providerNetwork)
    .flatMap(([network, made]) =>
      [part.addresses[made], part.addresses6[made]].flatMap((address) => (address ? [{ address, network }] : [])),
    );
}

/** Where a site's own programs listen. The suite's listeners do not count; Traefik's own API does. */
function ownListeners(
  deployment: Deployment,
  site: string,
  { listening, opened }: Namespace,
  addresses: readonly SiteAddress[],
): Site["listening"] {
  const own = listening.filter(
    (one) =>
      !isLoopback(one.address) && !opened.some(({ address, port }) => address === one.address && port === one.port),
  );
  const byAddress = own.flatMap(({ address: bound, port }) =>
    addresses
      .filter(({ address }) => address === bound || bound === "::" || (bound === "0.0.0.0" && familyOf(address) === 4))
      .map(({ address }) => ({ address, port })),
  );
  return site === deployment.traefik?.key ? byAddress.filter(({ port }) => port !== traefikApiPort) : byAddress;
}
