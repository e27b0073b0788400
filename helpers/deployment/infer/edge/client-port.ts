import { publishedTo } from "../../compose/host-address.ts";
import type { PublishedPort } from "../../compose/types.ts";
import type { EdgeEntryPoint } from "./edge-view.ts";
import type { HostCandidate } from "./observe-hosts.ts";

/** Where Traefik listens, in its container and on its host. */
export interface Listening {
  entryPoints: readonly EdgeEntryPoint[];
  /** Traefik's ports on its host. */
  published: readonly PublishedPort[];
}

/**
 * The port by which clients call a host, where its scheme's own does not lead to the entry point: neither does the entry
 * point listen on that, nor is it published there. Undefined where it does. An entry point that only its host reaches is
 * behind a forwarder, which is taken to have the scheme's own port.
 */
export function clientPort(
  { name, entryPoint, scheme }: Pick<HostCandidate, "name" | "entryPoint" | "scheme">,
  { entryPoints, published }: Listening,
): { port: number; question: string } | undefined {
  const usual = scheme === "https" ? 443 : 80;
  const listens = entryPoints.find((one) => one.name === entryPoint)?.port;
  if (listens === undefined || listens === usual) return undefined;
  const onHost = published.filter(({ protocol, container }) => protocol === "tcp" && container === listens);
  if (onHost.some(({ host }) => host === usual)) return undefined;
  const open = onHost.find(({ address }) => publishedTo(address) !== "nobody");
  const where =
    open === undefined
      ? `listens on port ${listens}, which clients do not reach: something is taken to forward ${usual} to it`
      : `is published on port ${open.host}, and not on ${usual}`;
  return {
    port: open?.host ?? usual,
    question: `by which port do clients call ${name}? Traefik's entry point ${entryPoint} ${where}`,
  };
}

/**
 * The port of an entry point that no port of Traefik's host leads to: only containers reach it. Undefined for one that is
 * published, at whatever address, and for one that listens on the scheme's own port.
 */
export function unpublishedPort(
  { entryPoint, scheme }: Pick<HostCandidate, "entryPoint" | "scheme">,
  { entryPoints, published }: Listening,
): number | undefined {
  const listens = entryPoints.find(({ name }) => name === entryPoint)?.port;
  if (listens === (scheme === "https" ? 443 : 80)) return undefined;
  return published.some(({ protocol, container }) => protocol === "tcp" && container === listens) ? undefined : listens;
}

/** Whether clients reach an entry point by a port of Traefik's host. */
export function isPublished({ entryPoint }: Pick<HostCandidate, "entryPoint">, listening: Listening): boolean {
  const listens = listening.entryPoints.find(({ name }) => name === entryPoint)?.port;
  return listening.published.some(
    ({ protocol, container, address }) =>
      protocol === "tcp" && container === listens && publishedTo(address) !== "nobody",
  );
}
