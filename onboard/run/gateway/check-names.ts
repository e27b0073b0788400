import { databaseServers } from "../../../containers/parts/databases/database-servers.ts";
import { FaultList } from "../../../helpers/deployment/source/fault-list.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { Candidate } from "../../candidate/types.ts";

/**
 * Refuses a candidate that names a part of the deployment as a service or a host of its own: on LiteLLM's networks the name would
 * reach either of them.
 *
 * @throws {DeploymentError} with the line of each name in the candidate file
 */
export function checkNames(
  deployment: Deployment,
  {
    needs,
    hosts,
    locations,
  }: Pick<Candidate, "needs" | "hosts"> & {
    locations: Pick<Candidate["locations"], "needs" | "hosts">;
  },
): void {
  const taken = namesOf(deployment);
  const services = new Set(needs.map(({ name }) => name.toLowerCase()));
  const faults = new FaultList();
  for (const [index, location] of locations.needs.entries()) {
    const name = needs[index]?.name ?? "";
    const what = taken.get(name.toLowerCase());
    if (what === undefined) continue;
    faults.add(
      location,
      `needs: ${name} is the name of ${what}, and LiteLLM would reach either of them`,
      "give it another name",
    );
  }
  for (const [index, location] of locations.hosts.entries()) {
    const name = hosts[index]?.replace(/:\d+$/, "") ?? "";
    const what = taken.get(name.toLowerCase());
    if (what === undefined || services.has(name.toLowerCase())) continue;
    faults.add(
      location,
      `hosts: ${name} is the name of ${what}, and hosts are outside of the run`,
      `remove it; if the candidate needs a service of that kind, add one under needs with a name of its own`,
    );
  }
  faults.throwIfAny();
}

/** The names by which the containers of a deployment find each other, in lower case, and what each belongs to. */
function namesOf(deployment: Deployment): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { host } of databaseServers(deployment)) names.set(host.toLowerCase(), "a database of the deployment");
  for (const { key, name, containerName, networks } of deployment.compose.services.values()) {
    const own = [key, name, containerName?.value ?? key, ...[...networks.values()].flat()];
    for (const one of own) names.set(one.toLowerCase(), "a service of the deployment");
  }
  return names;
}
