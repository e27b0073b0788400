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
  if (replacement !== undefined) return `${replacement}/${tagged(repository, tag)}`;
  // The engine lists images of Docker Hub without the host, and official ones without `library/`.
  if (registry === "docker.io") return tagged(repository.replace(/^library\//, ""), tag);
  return `${registry}/${tagged(repository, tag)}`;
}

/** A digest counts as a tag. */
function tagged(repository: string, tag: string): string {
  return `${repository}${tag.startsWith("sha256:") ? "@" : ":"}${tag}`;
}

/** The registry, repository and tag of an image as a compose file or a Dockerfile names it; a digest replaces the tag. */
export function readImageReference(image: string): UpstreamImage {
  const [name = "", digest] = image.split("@");
  const [, path = name, tag = "latest"] = /^(.*?)(?::([^:/]+))?$/.exec(name) ?? [];
  const [host = "", ...rest] = path.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(host) || host === "localhost");
  const registry = hasHost && host !== "index.docker.io" ? host : "docker.io";
  const repository = hasHost ? rest.join("/") : path;
  const isOfficial = registry === "docker.io" && !repository.includes("/");
  return { registry, repository: isOfficial ? `library/${repository}` : repository, tag: digest ?? tag };
}

/**
 * The full name, for people.
 *
 * @param replacement as for {@link pullReference}
 */
export function fullName({ registry, repository, tag }: UpstreamImage, replacement?: string): string {
  return `${replacement ?? registry}/${tagged(repository, tag)}`;
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
