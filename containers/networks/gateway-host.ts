import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { displayPath } from "../../helpers/core/display-path.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { ComposeService } from "../../helpers/deployment/types.ts";
import type { Engine } from "../engine/engine.ts";
import type { PartHandle } from "../parts/part.ts";
import { execute, launch } from "../parts/part.ts";
import { dockerRules, type HostInterface, type Publication, watchRules } from "./gateway-host-rules.ts";

/** Where the firewall's file lies on the gateway host. */
export const firewallPath = "/etc/gateway-host/firewall.nft";

const proxyPid = "/run/docker-proxy.pid";

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
      .map(({ host, container }) => ({
        port: host,
        to: { address, address6: part?.addresses6[network], port: container },
      }));
  });
}

/** Renames the interfaces, and takes the addresses that the default routes of the networks lead to. */
const configure = `set -e
rename() { ip link set dev "$1" down; ip link set dev "$1" name "$2"; }
index=0
for line in "$@"; do set -- $line
  device=$(ip -o -4 address show to "$2" | { read -r _ name _; echo "\${name%@*}"; })
  rename "$device" "suite$index"; index=$((index + 1))
done`;
const configured = `set -e
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
 * Makes a part the gateway host: its interfaces are called as on the real one, the networks' default routes lead to it,
 * and its own to the sentinel, so that whatever tries to leave meets the deployment's firewall first. That is loaded as
 * it is written.
 *
 * @param firewall the operator's file; undefined where there is none
 * @throws {EnvironmentError} when an interface is missing, or nftables refuses the firewall
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
  const script = `(${configure}\n)\n(${configured}\n)\n${routes.join("\n")}`;
  await command(engine, gatewayHost, ["sh", "-ec", script, "sh", ...lines], "its interfaces can't be set up");
  await command(engine, gatewayHost, ["nft", watchRules], "it took no nftables rules");
  if (firewall !== undefined) await loadFirewall(engine, gatewayHost, firewall);
}

/**
 * Publishes ports on the gateway host as docker does.
 *
 * @throws {EnvironmentError} when nftables refuses the rules
 */
export async function publish(
  engine: Engine,
  gatewayHost: PartHandle,
  interfaces: readonly HostInterface[],
  published: readonly Publication[],
): Promise<void> {
  await command(engine, gatewayHost, ["nft", dockerRules(interfaces, published)], "it took no nftables rules");
  if (published.length === 0) return;
  // Docker's own proxy: it takes what no NAT has taken (IPv6 to a container without, and the host's own connections).
  const ways = published.map(({ port, to }) => `${port}=${to.address}:${to.port}`);
  // In the place of one that was there before.
  const replace = 'kill "$(cat "$0")" 2>/dev/null; echo $$ > "$0"; exec node "$@"';
  await launch(engine, gatewayHost.containerId, ["sh", "-c", replace, proxyPid, "/app/docker-proxy.ts", ...ways]);
  await until("docker's proxy listens on the gateway host", deadlines.smallPartStart, async () => {
    const { stdout } = await execute(engine, gatewayHost.containerId, ["ss", "-Hltn"]);
    return published.every(({ port }) => new RegExp(`[\\]*]:${port}\\s`).test(stdout)) ? true : undefined;
  });
}

async function loadFirewall(engine: Engine, gatewayHost: PartHandle, file: string): Promise<void> {
  const { exitCode, stderr } = await execute(engine, gatewayHost.containerId, ["nft", "-f", firewallPath]);
  if (exitCode === 0) return;
  const [, line, what] = new RegExp(`${firewallPath}:(\\d+):[\\d-]+: Error: ([^\\n]*)`).exec(stderr) ?? [];
  throw new EnvironmentError(
    `${displayPath(file)}${line === undefined ? "" : `:${line}`}: nft refuses the firewall: ${what ?? stderr.trim()}; ` +
      `try it with \`nft -c -f ${displayPath(file)}\``,
    { part: gatewayHost.name, log: stderr.trim().split("\n") },
  );
}

async function command(engine: Engine, part: PartHandle, line: readonly string[], what: string): Promise<void> {
  const { exitCode, stderr } = await execute(engine, part.containerId, line);
  if (exitCode !== 0) {
    throw new EnvironmentError(`${part.name}: ${what}: ${stderr.trim()}`, {
      part: part.name,
      log: stderr.trim().split("\n"),
    });
  }
}
