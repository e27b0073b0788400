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
 * point listen on that, nor is it published there. Undefined where it does.
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
  const port = onHost[0]?.host ?? listens;
  return {
    port,
    question: `by which port do clients call ${name}? Traefik's entry point ${entryPoint} is on port ${port} of its host, and no file leads ${usual} there`,
  };
}
