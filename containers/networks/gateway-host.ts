import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import { publishedTo } from "../../helpers/deployment/compose/host-address.ts";
import type { ComposeService } from "../../helpers/deployment/types.ts";
import type { Engine } from "../engine/engine.ts";
import { execute, launch } from "../parts/container-command.ts";
import type { PartHandle } from "../parts/part.ts";
import { dockerRules, type HostInterface, type HostSide, type Publication, watchRules } from "./gateway-host-rules.ts";

/** Path of the firewall's file on the gateway host. */
export const firewallPath = "/etc/gateway-host/firewall.nft";

const proxyPid = "/run/docker-proxy.pid";

/** A compose service that runs, and the part that runs it. */
export interface RunningService {
  service: ComposeService;
  part: PartHandle | undefined;
  /** Names on the engine of its networks, all of which the gateway host is on. */
  networks: readonly string[];
}

/**
 * The ports that docker publishes on the real gateway host for others. A port at one address of the host is published on the
 * side that such an address belongs to; where two addresses of a side have the same port, the first one counts.
 */
export function publications(services: readonly RunningService[]): Publication[] {
  const taken = new Set<string>();
  return services.flatMap(({ service, part, networks }) => {
    const network = networks.find((name) => part?.addresses[name] !== undefined);
    const address = network === undefined ? undefined : part?.addresses[network];
    if (network === undefined || address === undefined) return [];
    return service.ports.flatMap(({ protocol, host, container, address: bound }) => {
      const sides = protocol === "tcp" ? sidesOf(bound).filter((side) => !taken.has(`${side} ${host}`)) : [];
      for (const side of sides) taken.add(`${side} ${host}`);
      const to = { address, address6: part?.addresses6[network], port: container };
      return sides.length === 0 ? [] : [{ port: host, sides, to }];
    });
  });
}

function sidesOf(address: string | undefined): HostSide[] {
  const published = publishedTo(address);
  if (published === "nobody") return [];
  return published === "everyone" ? ["lan", "outside"] : [published];
}

/**
 * Shell script: gives the interfaces temporary names, because a final name may still belong to another interface. Each
 * argument is a line: final name, own IPv4 address, addresses to add.
 */
const renameTemporarily = `set -e
rename() { ip link set dev "$1" down; ip link set dev "$1" name "$2"; }
index=0
for line in "$@"; do set -- $line
  device=$(ip -o -4 address show to "$2" | { read -r _ name _; echo "\${name%@*}"; })
  rename "$device" "suite$index"; index=$((index + 1))
done`;
/** Shell script with the same arguments: gives the interfaces their final names, and adds the addresses. */
const configureInterfaces = `set -e
index=0
for line in "$@"; do set -- $line
  ip link set dev "suite$index" name "$1"; ip link set dev "$1" up; index=$((index + 1))
  name=$1; shift 2
  for address in "$@"; do case $address in
    *:*) ip -6 address replace "$address" dev "$name" nodad ;;
    *) ip address replace "$address" dev "$name" ;;
  esac; done
done`;

/**
 * Configures a part as the gateway host: its interfaces have the names of the real ones, the default routes of the networks
 * lead to it, and its own to the sentinel, so that all traffic that leaves passes the deployment's firewall first. The
 * firewall is loaded unchanged.
 *
 * @param firewall the operator's file; undefined where there is none
 * @throws {EnvironmentError} when an interface is missing, or nftables rejects the firewall
 */
export async function becomeGatewayHost(
  engine: Engine,
  gatewayHost: PartHandle,
  interfaces: readonly HostInterface[],
  sentinel: PartHandle,
  firewall: string | undefined,
): Promise<void> {
  const lines = interfaces.map(({ name, network }) => {
    const own = gatewayHost.addresses6[network.name];
    const addresses = network.router.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
    // Taking an interface down loses its IPv6 addresses.
    if (own !== undefined) addresses.push(`${own}/64`);
    return [name, gatewayHost.addresses[network.name] ?? "-", ...addresses].join(" ");
  });
  const outside = interfaces.find(({ side }) => side === "outside");
  const routes = [sentinel.addresses, sentinel.addresses6].flatMap((addresses) => {
    const via = outside && addresses[outside.network.name];
    return via === undefined ? [] : [`ip route replace default via ${via}`];
  });
  const script = `(${renameTemporarily}\n)\n(${configureInterfaces}\n)\n${routes.join("\n")}`;
  await command(engine, gatewayHost, ["sh", "-ec", script, "sh", ...lines], "its interfaces cannot be configured");
  await command(engine, gatewayHost, ["nft", watchRules], "it rejects the suite's nftables rules");
  if (firewall !== undefined) await loadFirewall(engine, gatewayHost, firewall);
}

/**
 * Publishes ports on the gateway host as docker does. Replaces what an earlier call has published.
 *
 * @throws {EnvironmentError} when nftables rejects the rules
 */
export async function publish(
  engine: Engine,
  gatewayHost: PartHandle,
  interfaces: readonly HostInterface[],
  published: readonly Publication[],
): Promise<void> {
  await command(
    engine,
    gatewayHost,
    ["nft", dockerRules(interfaces, published)],
    "it rejects the suite's nftables rules",
  );
  if (published.length === 0) return;
  // Like docker's own proxy, it takes connections without NAT: IPv6 to a container without IPv6, and the host's own.
  const routes = published.map(({ port, sides, to }) => {
    const at = sides.length > 1 ? "" : `@${hostAddresses(gatewayHost, interfaces, sides).join(",")}`;
    return `${port}${at}=${to.address}:${to.port}`;
  });
  // Ends the proxy of an earlier call.
  const startProxy = 'kill "$(cat "$0")" 2>/dev/null; echo $$ > "$0"; exec node "$@"';
  await launch(engine, gatewayHost.containerId, ["sh", "-c", startProxy, proxyPid, "/app/docker-proxy.ts", ...routes]);
  await until("docker's proxy listens on the gateway host", deadlines.smallPartStart, async () => {
    const { stdout } = await execute(engine, gatewayHost.containerId, ["ss", "-Hltn"]);
    return published.every(({ port }) => new RegExp(`:${port}\\s`).test(stdout)) ? true : undefined;
  });
}

/** The gateway host's addresses on some of its sides. */
function hostAddresses(
  gatewayHost: PartHandle,
  interfaces: readonly HostInterface[],
  sides: readonly HostSide[],
): string[] {
  return interfaces
    .filter(({ side }) => sides.some((one) => one === side))
    .flatMap(({ network: { name, router } }) => [
      gatewayHost.addresses[name],
      gatewayHost.addresses6[name],
      ...router.map(({ address }) => address),
    ])
    .filter((address) => address !== undefined);
}

async function loadFirewall(engine: Engine, gatewayHost: PartHandle, file: string): Promise<void> {
  const { exitCode, stderr } = await execute(engine, gatewayHost.containerId, ["nft", "-f", firewallPath]);
  if (exitCode === 0) return;
  const [, line, what] = new RegExp(`${firewallPath}:(\\d+):[\\d-]+: Error: ([^\\n]*)`).exec(stderr) ?? [];
  throw new EnvironmentError(
    `${displayPath(file)}${line === undefined ? "" : `:${line}`}: nft rejects the firewall: ${what ?? stderr.trim()}; ` +
      `check it with \`nft -c -f ${displayPath(file)}\``,
    { part: gatewayHost.name, log: stderr.trim().split("\n") },
  );
}

/** @param what the problem when the command fails */
async function command(engine: Engine, part: PartHandle, line: readonly string[], what: string): Promise<void> {
  const { exitCode, stderr } = await execute(engine, part.containerId, line);
  if (exitCode !== 0) {
    throw new EnvironmentError(`${part.name}: ${what}: ${stderr.trim()}`, {
      part: part.name,
      log: stderr.trim().split("\n"),
    });
  }
}
