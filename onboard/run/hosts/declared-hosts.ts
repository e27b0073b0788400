import { createNetworks } from "../../../containers/networks/network.ts";
import { readLog } from "../../../containers/parts/container-log.ts";
import type { PartHandle, RunNetwork } from "../../../containers/parts/part.ts";
import { startPart } from "../../../containers/parts/start-part.ts";
import type { Candidate } from "../../candidate/types.ts";
import { type UnreachableHost, unreachableLines } from "../../observe/unreachable-host.ts";
import type { GateResources } from "../gate-resources.ts";
import { type Lookup, lookupOfMachine, type ResolvedHost, resolveHosts } from "./addresses.ts";
import { hostRelayPlan, triedPorts, unreachablePorts } from "./host-relay.ts";

/** The hosts that a candidate file declares (`hosts`), as far as this machine reaches them. */
export interface DeclaredHosts {
  unreachable: readonly UnreachableHost[];
  /** Makes the others reachable by their names on a network without a way out, at the declared ports only. */
  joinTo: (network: RunNetwork) => Promise<void>;
}

/** Of a candidate that reaches nothing besides its services. */
export const noHosts: DeclaredHosts = { unreachable: [], joinTo: async () => {} };

/** Comes before the names of the columns' rigs: the default route of a relay is that of the network whose name comes first. */
const rig = "hosts";

/**
 * Starts a relay for each host that a candidate file declares, with a way out, and tries every port.
 *
 * @param lookup resolves the names outside of the run: on the candidate's network each is the relay itself
 * @throws {EnvironmentError} when the engine can't start a relay; a host that can't be reached does not count as an error
 */
export async function startDeclaredHosts(
  resources: GateResources,
  candidate: Candidate,
  lookup: Lookup = lookupOfMachine,
): Promise<DeclaredHosts> {
  const { resolved, unreachable: unresolved } = await resolveHosts(candidate, lookup);
  const relays = resolved.length === 0 ? [] : await startRelays(resources, resolved);
  const unreachable = [...unresolved, ...relays.flatMap((relay) => relay.unreachable)];
  for (const line of unreachableLines(unreachable)) resources.progress.line(line);
  const { docker } = resources.engine;
  const joinTo = async ({ id }: RunNetwork): Promise<void> => {
    await Promise.all(
      relays.map(async ({ host: { name, ports }, part, unreachable: lost }) => {
        // Without a relay its name has no address: the candidate learns at once that it can't be reached.
        if (lost.length === ports.length) return;
        const Aliases = [...new Set([name, name.toLowerCase()])];
        await docker.getNetwork(id).connect({ Container: part.containerId, EndpointConfig: { Aliases } });
      }),
    );
  };
  return { unreachable, joinTo };
}

interface Relay {
  host: ResolvedHost;
  part: PartHandle;
  unreachable: readonly UnreachableHost[];
}

async function startRelays(resources: GateResources, hosts: readonly ResolvedHost[]): Promise<Relay[]> {
  const { engine, run, images } = resources;
  const networks = await createNetworks(engine, run, rig, [{ name: "outside", internal: false }]);
  const outside = networks.get("outside");
  if (outside === undefined) throw new Error("the engine created no network");
  const image = await images.get("host");
  return await Promise.all(
    hosts.map(async (host, index) => {
      const part = await startPart(resources, rig, hostRelayPlan(`relay-${index + 1}`, host, outside, image));
      const tried = triedPorts(await readLog(engine, part.containerId)) ?? [];
      return { host, part, unreachable: unreachablePorts(host, tried) };
    }),
  );
}
