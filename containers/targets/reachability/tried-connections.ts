import type { TriedConnection } from "../../../helpers/checks/action-log.ts";
import { attemptText } from "../../../helpers/reachability/failures.ts";
import { familyOf, type Sweep } from "../../../helpers/reachability/sweep.ts";
import type { PartHandle } from "../../parts/part.ts";
import { type ProbedSite, type ReachabilityRigs, siteNamed } from "./sites.ts";

/** Everything that a sweep has tried, in a form that a reproduction script can repeat. */
export function triedConnections(
  rigs: ReachabilityRigs,
  sweep: Sweep,
  sites: readonly ProbedSite[],
): TriedConnection[] {
  return [...attempted(rigs, sweep, sites), ...unresolved(rigs, sweep, sites)];
}

function attempted(
  { gateway }: ReachabilityRigs,
  { attempts }: Sweep,
  sites: readonly ProbedSite[],
): TriedConnection[] {
  return attempts.flatMap(({ from, to, address, port, outcome }) => {
    const [source, target] = [siteNamed(sites, from), siteNamed(sites, to)];
    const network = gateway.networks[target.addresses.find((one) => one.address === address)?.network ?? ""];
    if (network === undefined) return [];
    const { rig, name: part } = target.part;
    return [
      {
        id: attemptText({ from, to: address, port }),
        from: machineOf(source.prober),
        to: { rig, part, network, family: familyOf(address) },
        port,
        outcome,
      },
    ];
  });
}

/** Connections that the policy allows by a name that the source cannot resolve: only the name was looked up. */
function unresolved(
  { deployment }: ReachabilityRigs,
  { sources }: Sweep,
  sites: readonly ProbedSite[],
): TriedConnection[] {
  return deployment.policy.reach.flatMap(({ from, to, as: name = to, ports }) => {
    if (!sources.includes(from) || name === "outside") return [];
    const source = siteNamed(sites, from);
    if ((source.names[name] ?? []).length > 0) return [];
    return ports.map((port) => ({
      id: attemptText({ from, to: name, port }),
      from: machineOf(source.prober),
      to: { name },
      port,
      outcome: "name not found",
    }));
  });
}

function machineOf({ rig, name }: PartHandle): TriedConnection["from"] {
  return { rig, part: name };
}
