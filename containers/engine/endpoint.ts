import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { EnvironmentError } from "../../helpers/core/errors.ts";

/** Where an engine listens, and who said so. */
export interface EngineEndpoint {
  /** As `DOCKER_HOST` has it: `unix:///…` or `tcp://host:port`. */
  uri: string;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`; undefined for a connection without TLS. */
  certificates: string | undefined;
  /** What names it, for messages; undefined when it is merely a usual place. */
  namedBy: string | undefined;
}

/**
 * The endpoints to be tried, in order: the one that `DOCKER_HOST` or the docker context names, alone; else the usual
 * sockets. The rules are the docker client's own (docs.docker.com/engine/manage-resources/contexts).
 *
 * @throws {EnvironmentError} when the named context does not exist or is of a kind that is not understood
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

/** Options for a client of the endpoint. No API version: the engine's own is spoken. */
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

function checked(endpoint: EngineEndpoint): EngineEndpoint {
  if (/^(unix|tcp|https?):\/\//.test(endpoint.uri)) return endpoint;
  throw new EnvironmentError(
    `${endpoint.namedBy} is of a kind that the suite does not speak (it speaks unix:// and tcp://); ` +
      "forward the engine's socket and name that, e.g. `ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST` and " +
      "`DOCKER_HOST=unix:///tmp/docker.sock`",
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
    throw new EnvironmentError(`${file} cannot be read: ${(cause as Error).message}; mend it, or set DOCKER_HOST`, {
      cause,
    });
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
