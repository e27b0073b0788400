import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { EnvironmentError } from "../../helpers/core/errors.ts";

/** Where an engine listens, and what names that address. */
export interface EngineEndpoint {
  /** In the form of `DOCKER_HOST`: `unix:///…` or `tcp://host:port`. */
  uri: string;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`; undefined for a connection without TLS. */
  certificates: string | undefined;
  /** What names it, for messages, e.g. `docker context lab`; undefined for one of the usual sockets. */
  namedBy: string | undefined;
}

/**
 * The endpoints to try, in order: only the one that `DOCKER_HOST` or the docker context names, else the usual sockets. The
 * rules are those of the docker client (docs.docker.com/engine/manage-resources/contexts).
 *
 * @param home the user's home directory
 * @throws {EnvironmentError} when the named context does not exist or its protocol is not supported
 */
export function engineEndpoints(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): EngineEndpoint[] {
  const host = env.DOCKER_HOST;
  if (host) {
    const secure = env.DOCKER_TLS_VERIFY !== undefined && env.DOCKER_TLS_VERIFY !== "";
    const certificates = secure ? (env.DOCKER_CERT_PATH ?? join(home, ".docker")) : undefined;
    return [checked({ uri: host, certificates, namedBy: `DOCKER_HOST=${host}` })];
  }
  const config = env.DOCKER_CONFIG ?? join(home, ".docker");
  const context = env.DOCKER_CONTEXT || currentContext(config);
  if (context !== undefined && context !== "default") return [checked(contextEndpoint(config, context))];
  return usualSockets(env, home).map((path) => ({
    uri: `unix://${path}`,
    certificates: undefined,
    namedBy: undefined,
  }));
}

/** Options for a client of the endpoint. Without an API version, so that the engine's own is used. */
export function clientOptions({ uri, certificates }: EngineEndpoint): Dockerode.DockerOptions {
  if (uri.startsWith("unix://")) return { socketPath: uri.slice("unix://".length) };
  const { hostname, port } = new URL(uri);
  if (certificates === undefined) return { protocol: "http", host: hostname, port: port || 2375 };
  const read = (name: string): string => readFileSync(join(certificates, name), "utf8");
  return {
    protocol: "https",
    host: hostname,
    port: port || 2376,
    ca: read("ca.pem"),
    cert: read("cert.pem"),
    key: read("key.pem"),
  };
}

/** Where this machine reaches the parts' published ports. */
export interface PublishedPorts {
  /** Host for requests, e.g. `127.0.0.1`. */
  host: string;
  /** Whether the engine is on another machine, whose loopback this machine cannot reach. */
  isRemote: boolean;
}

/**
 * Where published ports are: on the loopback of this machine when the engine is local, else on the engine's machine.
 *
 * `TESTCONTAINERS_HOST_OVERRIDE` names the engine's machine when the endpoint does not, e.g. when the engine's socket is
 * forwarded (node.testcontainers.org/configuration).
 */
export function publishedPorts({ uri }: EngineEndpoint, env: NodeJS.ProcessEnv = process.env): PublishedPorts {
  const named = uri.startsWith("unix://") ? "127.0.0.1" : new URL(uri).hostname;
  const host = env.TESTCONTAINERS_HOST_OVERRIDE || named;
  // Not `localhost`: it may resolve to ::1, and the ports are bound to the IPv4 address.
  if (isLoopback(host)) return { host: "127.0.0.1", isRemote: false };
  return { host, isRemote: true };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

function checked(endpoint: EngineEndpoint): EngineEndpoint {
  if (/^(unix|tcp|https?):\/\//.test(endpoint.uri)) return endpoint;
  throw new EnvironmentError(
    `${endpoint.namedBy} uses a protocol that is not supported (unix:// and tcp:// are); ` +
      "forward the engine's socket with `ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST`, and set " +
      "`DOCKER_HOST=unix:///tmp/docker.sock` and `TESTCONTAINERS_HOST_OVERRIDE=HOST`",
  );
}

function currentContext(config: string): string | undefined {
  const file = join(config, "config.json");
  if (!existsSync(file)) return undefined;
  const parsed: unknown = parseJson(file);
  const name = field(parsed, "currentContext");
  return typeof name === "string" && name !== "" ? name : undefined;
}

function contextEndpoint(config: string, name: string): EngineEndpoint {
  const folder = createHash("sha256").update(name).digest("hex");
  const file = join(config, "contexts", "meta", folder, "meta.json");
  const uri = existsSync(file) ? field(field(field(parseJson(file), "Endpoints"), "docker"), "Host") : undefined;
  if (typeof uri !== "string" || uri === "") {
    throw new EnvironmentError(
      `the docker context ${name} is not defined under ${config}; choose another with ` +
        "`docker context use NAME`, or set DOCKER_HOST",
    );
  }
  const tls = join(config, "contexts", "tls", folder, "docker");
  return { uri, certificates: existsSync(join(tls, "ca.pem")) ? tls : undefined, namedBy: `docker context ${name}` };
}

function usualSockets(env: NodeJS.ProcessEnv, home: string): string[] {
  const runtime = env.XDG_RUNTIME_DIR ?? (process.getuid ? `/run/user/${process.getuid()}` : undefined);
  return [
    "/var/run/docker.sock",
    ...(runtime === undefined ? [] : [join(runtime, "docker.sock")]),
    join(home, ".docker", "run", "docker.sock"),
    join(home, ".docker", "desktop", "docker.sock"),
  ];
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new EnvironmentError(`${file} cannot be read: ${(cause as Error).message}; fix it, or set DOCKER_HOST`, {
      cause,
    });
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
