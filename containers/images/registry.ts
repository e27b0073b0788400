import { EnvHttpProxyAgent, request } from "undici";
import type { UpstreamImage } from "./recipes/recipe.ts";

/** In milliseconds: a registry that does not answer within this time counts as unreachable. */
const probeDeadline = 2_000;

/**
 * The reference under which the engine pulls an image, and lists it afterwards.
 *
 * @param replacement replaces Docker Hub and ghcr.io, e.g. `127.0.0.1:5000`
 */
export function pullReference({ registry, repository, tag }: UpstreamImage, replacement?: string): string {
  if (replacement !== undefined) return `${replacement}/${repository}:${tag}`;
  // The engine lists images of Docker Hub without the host, and official ones without `library/`.
  if (registry === "docker.io") return `${repository.replace(/^library\//, "")}:${tag}`;
  return `${registry}/${repository}:${tag}`;
}

/**
 * The full name, for people.
 *
 * @param replacement as for {@link pullReference}
 */
export function fullName({ registry, repository, tag }: UpstreamImage, replacement?: string): string {
  return `${replacement ?? registry}/${repository}:${tag}`;
}

/**
 * Whether a registry answers the first request of the distribution protocol (`GET /v2/`) with 200, or with 401 and a
 * challenge. Any other answer, such as a captive portal's page, is not from a registry. The certificate is not checked
 * here, because nothing of the answer is used; the engine checks it when it pulls.
 */
export async function registryAnswers(registry: string): Promise<boolean> {
  const host = registry === "docker.io" ? "registry-1.docker.io" : (registry.split("/")[0] ?? registry);
  // The engine uses plain HTTP for registries on the loopback, and for those configured as insecure.
  const answers = await Promise.all(
    ["https", "http"].map((scheme) => answersVersionRequest(`${scheme}://${host}/v2/`)),
  );
  return answers.includes(true);
}

async function answersVersionRequest(url: string): Promise<boolean> {
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
