import { isIP } from "node:net";

/**
 * The names that engines give the host in each container, also without `extra_hosts`. Source: Docker Desktop's networking manual;
 * podman's `containers.conf`, `host_containers_internal_ip`.
 */
export const engineNamesOfHost = ["host.docker.internal", "gateway.docker.internal", "host.containers.internal"];

/** Whether a client outside of every container means the host by a name, if the gateway runs there. */
export function isNameOfHost(hostname: string): boolean {
  return isLoopback(hostname) || isAddress(hostname) || engineNamesOfHost.includes(hostname);
}

/** Whether a name is that of the loopback, or an address of it. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(hostname);
}

/** Whether the host of a URL is an IP address. */
export function isAddress(hostname: string): boolean {
  return isIP(bare(hostname)) !== 0;
}

/** The host of a URL without the brackets of an IPv6 address. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
