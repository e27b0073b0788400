import { existsSync } from "node:fs";
import Dockerode from "dockerode";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import type { Executed, ExecuteOptions } from "./command.ts";
import {
  clientOptions,
  type EngineEndpoint,
  engineEndpoints,
  type PublishedPorts,
  publishedPorts,
} from "./endpoint.ts";
import { installEngine } from "./installation/install.ts";

/** A container engine that answers. Its `host` is where published ports are reached. */
export interface Engine extends PublishedPorts {
  docker: Dockerode;
  /** E.g. `20.10.24`. */
  version: string;
  /** The newest API version that it supports, e.g. `1.41`. */
  apiVersion: string;
  /** Path of the engine's socket on its own machine, for containers that mount it. */
  socketPath: string;
  arch: "amd64" | "arm64";
  /** How many processors its machine has: it refuses a container that may use more. */
  processors: number;
  /** Runs a command in a container; undefined: by an exec for each. */
  runCommand?(container: string, command: readonly string[], options: ExecuteOptions): Promise<Executed>;
}

/** In milliseconds: how long an engine may take to report its version. One that does not run refuses immediately. */
const answerDeadline = deadlines.request;

/**
 * Finds the engine that `DOCKER_HOST` or the docker context names, else the one at a usual socket, else installs and
 * starts one (root on Debian or Ubuntu). Configures testcontainers to use it, through this process's environment.
 *
 * @throws {EnvironmentError} with the command to run
 */
export async function connectEngine({ progress }: { progress: Progress }): Promise<Engine> {
  const endpoints = engineEndpoints();
  const found = await findEngine(endpoints);
  if (found !== undefined) return found;
  await installEngine(progress, async () => (await findEngine(endpoints)) !== undefined);
  const installed = await findEngine(endpoints);
  if (installed === undefined) throw noEngine();
  return installed;
}

/**
 * Connects to the engine that runs already; installs and starts nothing. For test workers.
 *
 * @throws {EnvironmentError} when none answers
 */
export async function attachEngine(): Promise<Engine> {
  const found = await findEngine(engineEndpoints());
  if (found === undefined) throw noEngine();
  return found;
}

function noEngine(): EnvironmentError {
  return new EnvironmentError(
    "no container engine answers at its usual sockets; start it, or name it with DOCKER_HOST",
  );
}

async function findEngine(endpoints: readonly EngineEndpoint[]): Promise<Engine | undefined> {
  let accessDenied: EnvironmentError | undefined;
  for (const endpoint of endpoints) {
    try {
      return await connect(endpoint);
    } catch (cause) {
      if (cause instanceof EnvironmentError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      // Without access to the folder, whether the socket exists is unknown: then this is not the engine's error.
      if (code === "EACCES" && (endpoint.namedBy !== undefined || socketExists(endpoint))) {
        accessDenied ??= new EnvironmentError(
          `the container engine at ${endpoint.uri} denies access to this user; ` +
            "`sudo usermod -aG docker $USER` and log in again",
          { cause },
        );
      } else if (endpoint.namedBy !== undefined) {
        throw new EnvironmentError(
          `the container engine of ${endpoint.namedBy} does not answer (${message}); ` +
            "start it, or unset that to use this machine's own engine",
          { cause },
        );
      }
    }
  }
  if (accessDenied !== undefined) throw accessDenied;
  return undefined;
}

async function connect(endpoint: EngineEndpoint): Promise<Engine> {
  const options = clientOptions(endpoint);
  const client = new Dockerode({ ...options, timeout: answerDeadline });
  const [version, info] = await Promise.all([client.version(), client.info()]);
  const ports = publishedPorts(endpoint);
  configureTestcontainers(endpoint);
  return {
    docker: new Dockerode(options),
    version: version.Version,
    apiVersion: version.ApiVersion,
    socketPath: mountableSocket(endpoint, String(info.OperatingSystem ?? "")),
    arch: architectureOf(version.Arch),
    processors: Number(info.NCPU),
    ...ports,
  };
}

function socketExists({ uri }: EngineEndpoint): boolean {
  return existsSync(uri.replace(/^unix:\/\//, ""));
}

/**
 * testcontainers must not search for an engine itself. It must not start Ryuk either: its image may be unavailable, and the
 * suite removes containers by label.
 */
function configureTestcontainers({ uri, certificates }: EngineEndpoint): void {
  process.env.DOCKER_HOST = uri;
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
  if (certificates === undefined) return;
  process.env.DOCKER_TLS_VERIFY = "1";
  process.env.DOCKER_CERT_PATH = certificates;
}

/** Docker Desktop's engine runs in a virtual machine, where its socket is at the default path. */
function mountableSocket({ uri }: EngineEndpoint, system: string): string {
  const local = uri.startsWith("unix://") && !system.startsWith("Docker Desktop");
  return local ? uri.slice("unix://".length) : "/var/run/docker.sock";
}

function architectureOf(name: string): Engine["arch"] {
  if (name === "amd64" || name === "arm64") return name;
  throw new EnvironmentError(
    `the container engine runs on ${name}, and the parts exist for amd64 and arm64 only; name another engine with DOCKER_HOST`,
  );
}
