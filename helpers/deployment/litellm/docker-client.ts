import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import type { ComposeBuild, ComposeService } from "../compose/types.ts";
import { isOfficialLiteLLMImage, outlineOf } from "../services/build-outline.ts";
import { dockerfileOf } from "../services/dockerfile-path.ts";
import { mountsSocket } from "../services/engine-socket.ts";
import type { Written } from "../source/location.ts";
import type { ConfigFinding, UpstreamConfig } from "./types.ts";

/** LiteLLM's container, as far as a Docker client in it needs it. */
export interface DockerContext {
  service: ComposeService;
  /** The texts of the container's start, which may install a client. */
  scripts: string;
  environment: ReadonlyMap<string, Written<string>>;
}

/**
 * Why LiteLLM cannot start a stdio server with `docker`: its container has no Docker client, or no engine that the client reaches.
 * Undefined for another command, and where an image or a script may bring what is needed. The images that LiteLLM publishes have no
 * Docker client.
 */
export function missingDocker(
  upstream: UpstreamConfig & { transport: "stdio" },
  context: DockerContext,
): ConfigFinding | undefined {
  const { name, command, commandAt, location, env } = upstream;
  if (posix.basename(command) !== "docker") return undefined;
  const asService = "run the server as a service of compose, and name its url here";
  const finding = (why: string, fix: string): ConfigFinding => ({
    location: commandAt ?? location,
    what: `LiteLLM can't start '${command}' of mcp_servers.${name}`,
    why,
    fix: `${asService}, or ${fix}`,
  });
  const socket = "mount /var/run/docker.sock, which gives LiteLLM control of the host";
  if (hasNoClient(context))
    return finding("its image has no Docker client", `build an image with Docker's client, and ${socket}`);
  const { service, environment } = context;
  const isUnknown = service.build === undefined && !isOfficialLiteLLMImage(service.image?.value ?? "");
  if (isUnknown || environment.has("DOCKER_HOST") || env.has("DOCKER_HOST") || hasSocket(service)) return undefined;
  return finding("its container has neither the engine's socket nor DOCKER_HOST", socket);
}

function hasNoClient({ service, scripts }: DockerContext): boolean {
  const { image, build, mounts } = service;
  const base = build === undefined ? (image?.value ?? "") : (outlineOf(build)?.base ?? "");
  if (!isOfficialLiteLLMImage(base)) return false;
  const instructions = build === undefined ? "" : instructionsOf(build);
  const isMounted = mounts.some(({ target }) => /(?:^|\/)(?:docker|s?bin)\/?$/.test(target));
  return !isMounted && !/docker/i.test(scripts) && !/docker/i.test(instructions);
}

/** A Dockerfile without its comments and the names of its images. */
function instructionsOf(build: ComposeBuild): string {
  const file = dockerfileOf(build);
  const text = build.inline?.value ?? (existsSync(file) ? readFileSync(file, "utf8") : "");
  return text.replaceAll(/^\s*(?:#|FROM\s).*$/gim, "");
}

function hasSocket(service: ComposeService): boolean {
  return mountsSocket(service) !== undefined || service.mounts.some(({ target }) => target.endsWith("docker.sock"));
}
