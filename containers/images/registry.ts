import { EnvHttpProxyAgent, request } from "undici";
import type { UpstreamImage } from "./recipe.ts";

/** How long a registry may take to answer at all before it counts as not there, in milliseconds. */
const probeDeadline = 2_000;

/**
 * What the engine is told to pull.
 *
 * @param registry stands in for Docker Hub and ghcr.io, e.g. `127.0.0.1:5000`
 */
export function pullReference({ registry, repository, tag }: UpstreamImage, standIn?: string): string {
  if (standIn !== undefined) return `${standIn}/${repository}:${tag}`;
  // As the engine lists what it pulled from Docker Hub: without the host, and official images without `library/`.
  if (registry === "docker.io") return `${repository.replace(/^library\//, "")}:${tag}`;
  return `${registry}/${repository}:${tag}`;
}

/** The full name for people. */
export function fullName({ registry, repository, tag }: UpstreamImage, standIn?: string): string {
  return `${standIn ?? registry}/${repository}:${tag}`;
}

/**
 * Whether a registry answers the first request of the distribution protocol: 200, or 401 with its challenge. Anything
 * else, a captive portal's page for instance, is none. Nothing is trusted of what it says, so that its certificate is
 * left to the engine to judge.
 */
export async function registryAnswers(registry: string): Promise<boolean> {
  const host = registry === "docker.io" ? "registry-1.docker.io" : (registry.split("/")[0] ?? registry);
  // The engine speaks plain HTTP to registries on the loopback, and to those that it is told are insecure.
  const answers = await Promise.all(["https", "http"].map((scheme) => asksVersion(`${scheme}://${host}/v2/`)));
  return answers.includes(true);
}

async function asksVersion(url: string): Promise<boolean> {
  const dispatcher = new EnvHttpProxyAgent({
    connect: { rejectUnauthorized: false, timeout: probeDeadline },
    requestTls: { rejectUnauthorized: false },
  });
  try {
    const response = await request(url, { dispatcher, signal: AbortSignal.timeout(probeDeadline) });
    await response.body.dump();
    return response.statusCode === 200 || (response.statusCode === 401 && "www-authenticate" in response.headers);
  } catch {
    return false;
  } finally {
    await dispatcher.destroy();
  }
}
