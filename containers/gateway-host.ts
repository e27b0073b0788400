import type { ComposeService } from "../helpers/deployment/types.ts";
import { EnvironmentError } from "../helpers/faults.ts";
import type { Engine } from "./engine.ts";
import type { PartHandle } from "./part.ts";
import { execute } from "./part.ts";

/** A port of the gateway host that leads to a part, as compose's `ports:` publishes it. */
export interface Publication {
  port: number;
  to: { address: string; port: number };
}

/**
 * What docker publishes on the real gateway host.
 *
 * @param network the engine's name of the network that the gateway host shares with the parts
 */
export function publications(
  services: readonly { service: ComposeService; part: PartHandle | undefined }[],
  network: string,
): Publication[] {
  return services.flatMap(({ service, part }) => {
    const address = part?.addresses[network];
    if (address === undefined) return [];
    return service.ports
      .filter(({ protocol }) => protocol === "tcp")
      .map(({ host, container }) => ({ port: host, to: { address, port: container } }));
  });
}

/**
 * nftables rules that publish ports as docker does on the real host: destination NAT, and source NAT towards the parts,
 * without which the engine drops what comes from outside their subnet. The ruleset is never flushed: the engine's own
 * DNS NAT lives in the same namespace.
 */
export function publishingRules(published: readonly Publication[]): string {
  const targets = published.map(({ port, to }) => `${port} : ${to.address} . ${to.port}`).join(", ");
  return [
    "table ip published {",
    "  chain prerouting {",
    "    type nat hook prerouting priority dstnat; policy accept;",
    `    fib daddr type local dnat ip to tcp dport map { ${targets} }`,
    "  }",
    "  chain postrouting {",
    "    type nat hook postrouting priority srcnat; policy accept;",
    "    ct status dnat masquerade",
    "  }",
    "}",
    "",
  ].join("\n");
}

/**
 * Publishes ports on the gateway host.
 *
 * @throws {EnvironmentError} when nftables refuses the rules
 */
export async function publish(
  engine: Engine,
  gatewayHost: PartHandle,
  published: readonly Publication[],
): Promise<void> {
  if (published.length === 0) return;
  const rules = publishingRules(published);
  const { exitCode, stderr } = await execute(engine, gatewayHost.containerId, ["nft", rules]);
  if (exitCode !== 0) {
    throw new EnvironmentError(`the gateway host took no nftables rules: ${stderr.trim()}`, { part: gatewayHost.name });
  }
}
