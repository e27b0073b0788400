import type { ComposeService } from "../compose/types.ts";
import type { Policy, ReachRule } from "../policy/types.ts";
import type { TraefikModel } from "../traefik/model.ts";
import { listeningEntryPoints } from "./host-network.ts";
import type { RouteEnds } from "./host-route.ts";
import { liteLLMPortOf } from "./litellm-port.ts";
import { namespaceOwner } from "./network-namespace.ts";

/** LiteLLM and Traefik, as far as they run in the network namespace of a service; not the service itself. */
export function programsIn({ compose, litellm, traefik }: RouteEnds, owner: ComposeService): ComposeService[] {
  return [litellm, ...(traefik === undefined ? [] : [traefik])].filter(
    (one) => one.key !== owner.key && namespaceOwner(compose, one).key === owner.key,
  );
}

/**
 * A policy whose rules for a VPN or another sidecar hold for LiteLLM and Traefik in its network namespace: a run has them as machines of
 * their own, without the sidecar. Those in one namespace reach each other.
 *
 * @param ends as {@link withJoinedNamespaces} makes them
 */
export function withJoinedReach(
  policy: Policy,
  ends: RouteEnds,
  model: Pick<TraefikModel, "static"> | undefined,
): Policy {
  const { compose, litellm, traefik } = ends;
  const owners = [...compose.services.values()].flatMap((owner) => {
    const programs = programsIn(ends, owner);
    const isRun = owner.key === litellm.key || owner.key === traefik?.key;
    return programs.length === 0
      ? []
      : [[owner.key, { owner, machines: isRun ? [owner, ...programs] : programs }] as const];
  });
  if (owners.length === 0) return policy;
  const joined = new Map(owners);
  const machinesOf = (key: string): string[] => joined.get(key)?.machines.map((one) => one.key) ?? [key];
  const rules = policy.reach.flatMap((rule) =>
    machinesOf(rule.from).flatMap((from) =>
      machinesOf(rule.to).flatMap((to): ReachRule[] =>
        from === to
          ? []
          : [{ ...rule, from, to, as: rule.as ?? (to === rule.to ? undefined : joined.get(rule.to)?.owner.name) }],
      ),
    ),
  );
  const ports = [liteLLMPortOf(litellm), ...listeningEntryPoints(model).map(({ port }) => port)];
  const within = owners.flatMap(([, { machines }]) =>
    machines.flatMap((from) =>
      machines.flatMap((to): ReachRule[] =>
        from === to ? [] : [{ from: from.key, to: to.key, as: undefined, ports, location: from.location }],
      ),
    ),
  );
  return { ...policy, reach: [...rules, ...within] };
}
