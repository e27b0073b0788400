import { namespaceOwner, networkKeysOf } from "../../services/network-namespace.ts";
import { type DeploymentView, serviceOutline } from "../deployment-view.ts";
import { placeOf } from "../files/compose-files.ts";
import { roleSigns } from "../files/roles.ts";
import { otherProxy, proxiesAmong, rulesTurnedOff } from "./other-proxies.ts";

/** Labels that are written and turned off may be about to be turned on, or forgotten. */
export function turnedOffQuestions({ folder, litellm }: DeploymentView): string[] {
  const rules = rulesTurnedOff(litellm);
  if (rules === undefined) return [];
  return [
    `is ${litellm.key} meant to be behind Traefik? Its labels have rules for ${rules.hosts.join(", ")} (${placeOf(folder, rules.location)}), and ` +
      "traefik.enable is false, so that Traefik has none of them",
  ];
}

/** Every Traefik but the one that the run has: what its routers let through is not proved. */
export function otherTraefikQuestions(given: DeploymentView, { folder, compose, traefik }: DeploymentView): string[] {
  const others = [...compose.services.values()].filter(
    (service) => service !== given.traefik && roleSigns(serviceOutline(service), "traefik") === 2,
  );
  return others.map(
    ({ key, location }) =>
      `which hosts does ${key} (${placeOf(folder, location)}) serve? It is a Traefik too, and the run has ${traefik?.key ?? "none of them"}` +
      `${traefik === undefined ? "" : " only"}; ` +
      `\`services: { traefik: ${key} }\` proves it in place of that one`,
  );
}

/** A Traefik whose rules lead to LiteLLM, and that has no network in common with it: other files may connect them. */
export function apartQuestions({ folder, compose, traefik, litellm }: DeploymentView): string[] {
  if (traefik === undefined) return [];
  const owners = [traefik, litellm].map((one) => namespaceOwner(compose, one));
  const [networks = [], others = []] = owners.map(networkKeysOf);
  // One on the host's own network reaches every network.
  if (owners.some(({ networkMode }) => networkMode !== undefined) || networks.some((key) => others.includes(key)))
    return [];
  const named = (keys: readonly string[]): string =>
    keys.map((key) => compose.networks.get(key)?.name ?? key).join(", ");
  return [
    `which network do ${traefik.key} (${placeOf(folder, traefik.location)}) and ${litellm.key} (${placeOf(folder, litellm.location)}) share? ` +
      `By these files none: ${traefik.key} is on ${named(networks)}, ${litellm.key} is on ${named(others)}, so Traefik does not reach LiteLLM. ` +
      "State under `compose` the files and the project names of the deployment, or put both services on one network",
  ];
}

/** What another proxy than Traefik lets through is in no file that the suite reads. */
export function proxyQuestions(view: DeploymentView): string[] {
  const { folder, traefik, litellm } = view;
  if (traefik !== undefined) return [];
  const other = otherProxy(litellm);
  const all = proxiesAmong(view);
  const own = all.find(({ proxy }) => proxy === other?.proxy);
  const among = all
    .filter((one) => one !== own)
    .map(
      ({ proxy, location }) =>
        `do clients come through ${proxy} (${placeOf(folder, location)})? The suite runs Traefik only: it asks LiteLLM itself, and ` +
        `nothing is proved of what ${proxy} lets through`,
    );
  if (other === undefined) return among;
  const { proxy, hosts, location } = other;
  const served = hosts.length === 0 ? "" : ` for ${hosts.join(", ")}`;
  const made = `LiteLLM's service is made for it${served} (${placeOf(folder, location)})`;
  if (own !== undefined)
    return [
      ...among,
      `what does ${proxy} (${placeOf(folder, own.location)}) let through? ${made}, and the suite runs Traefik only: it asks LiteLLM itself, ` +
        "and nothing of that is proved",
    ];
  const fix =
    proxy === "Traefik"
      ? "call `npm run init` for a folder that has both, or nothing is proved of what it lets through"
      : "nothing is proved of what it lets through";
  return [...among, `where is ${proxy}? ${made}, and none of these compose files has it: ${fix}`];
}
