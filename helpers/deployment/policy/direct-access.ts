import type { FaultList } from "../source/fault-list.ts";
import { accessRules } from "./access.ts";
import type { AccessKind, Policy } from "./types.ts";

/** Who lets a caller through only where something stands in front of LiteLLM. */
const decidedByTheEdge: readonly AccessKind[] = ["bearer", "login", "nobody", "redirect"];

/**
 * The policy of a gateway without Traefik: where it does not say who may reach what, LiteLLM judges everything but the public
 * paths.
 */
export function withDirectAccess(policy: Policy): Policy {
  const hosts = policy.hosts.map((host) => {
    if (host.access !== undefined) return host;
    const access = accessRules(policy, host).map((rule) =>
      rule.who === "bearer"
        ? { ...rule, who: "litellm" as const, statuses: undefined, challenge: undefined, location: host.location }
        : rule,
    );
    return { ...host, access };
  });
  return { ...policy, hosts };
}

/** Reports what a policy says of Traefik in a deployment that has none. */
export function checkWithoutTraefik({ hosts, injectedRoutes }: Policy, faults: FaultList): void {
  for (const { name, entryPoint, access = [], location } of hosts) {
    if (entryPoint !== undefined)
      faults.add(
        location,
        `the host '${name}' names the entry point '${entryPoint}', and the deployment has no Traefik`,
        "name Traefik's service under 'services', or remove 'entry_point'",
      );
    for (const rule of access.filter(({ who }) => decidedByTheEdge.includes(who)))
      faults.add(
        rule.location,
        `'who: ${rule.who}' is decided in front of LiteLLM, and the deployment has no Traefik`,
        "write 'who: litellm', or name Traefik's service under 'services'",
      );
  }
  for (const { path, location } of injectedRoutes)
    faults.add(
      location,
      `the injected route '${path}' needs a Traefik that adds the key, and the deployment has none`,
      "remove it, or name Traefik's service under 'services'",
    );
}
