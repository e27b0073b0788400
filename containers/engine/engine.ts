import { existsSync } from "node:fs";
import Dockerode from "dockerode";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Progress } from "../../helpers/core/progress.ts";
import { clientOptions, type EngineEndpoint, engineEndpoints } from "./endpoint.ts";
import { installEngine } from "./install.ts";

/** A container engine that answers. */
export interface Engine {
  docker: Dockerode;
  /** E.g. `20.10.24`. */
  version: string;
  /** The newest API that it speaks, e.g. `1.41`. */
  apiVersion: string;
  /** The engine's socket as containers on it must mount it. */
  socketPath: string;
  arch: "amd64" | "arm64";
  /** Where published ports answer, e.g. `127.0.0.1`. */
  host: string;
}

/** How long an engine that exists may take to say its version, in milliseconds; a dead one refuses at once. */
const answerDeadline = deadlines.request;

/**
 * Finds the engine that `DOCKER_HOST` or the docker context names, else the one at a usual socket, else installs and
 * starts one (root on Debian or Ubuntu). Points testcontainers at it, through this process's environment.
 *
 * @throws {EnvironmentError} with the one command to run
 */
export async function connectEngine({ progress }: { progress: Progress }): Promise<Engine> {
  const endpoints = engineEndpoints();
  const found = await findEngine(endpoints);
  if (found !== undefined) return found;
  await installEngine(progress, async () => (await findEngine(endpoints)) !== undefined);
  const installed = await findEngine(endpoints);
  if (installed === undefined) throw notThere();
  return installed;
}

/**
 * The engine that is there; installs and starts nothing. For test workers.
 *
 * @throws {EnvironmentError} when none answers
 */
export async function attachEngine(): Promise<Engine> {
  const found = await findEngine(engineEndpoints());
  if (found === undefined) throw notThere();
  return found;
}

function notThere(): EnvironmentError {
  return new EnvironmentError(
    "no container engine answers at its usual sockets; start it, or name it with DOCKER_HOST",
  );
}

async function findEngine(endpoints: readonly EngineEndpoint[]): Promise<Engine | undefined> {
  let locked: EnvironmentError | undefined;
  for (const endpoint of endpoints) {
    try {
      return await attach(endpoint);
    } catch (cause) {
      if (cause instanceof EnvironmentError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      // Below a folder that this user may not look into, nobody can tell whether there is a socket.
      if (code === "EACCES" && (endpoint.namedBy !== undefined || isThere(endpoint))) {
        locked ??= new EnvironmentError(
          `the container engine at ${endpoint.uri} does not let this user in; ` +
            "`sudo usermod -aG docker $USER` and log in again",
          { cause },
        );
      } else if (endpoint.namedBy !== undefined) {
        throw new EnvironmentError(
          `the container engine of ${endpoint.namedBy} does not answer (${message}); ` +
            "start it, or unset that to use this machine's own",
          { cause },
        );
      }
    }
  }
  if (locked !== undefined) throw locked;
  return undefined;
}

async function attach(endpoint: EngineEndpoint): Promise<Engine> {
  const options = clientOptions(endpoint);
  const asked = new Dockerode({ ...options, timeout: answerDeadline });
  const [version, info] = await Promise.all([asked.version(), asked.info()]);
  pointTestcontainersAt(endpoint);
  return {
    docker: new Dockerode(options),
    version: version.Version,
    apiVersion: version.ApiVersion,
    socketPath: mountableSocket(endpoint, String(info.OperatingSystem ?? "")),
    arch: engineArchitecture(version.Arch),
    host: publishedHost(endpoint),
  };
}

function isThere({ uri }: EngineEndpoint): boolean {
  return existsSync(uri.replace(/^unix:\/\//, ""));
}

/** testcontainers must not look for an engine of its own, nor start Ryuk: no registry may answer, we clean up by label. */
function pointTestcontainersAt({ uri, certificates }: EngineEndpoint): void {
  process.env.DOCKER_HOST = uri;
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
  if (certificates === undefined) return;
  process.env.DOCKER_TLS_VERIFY = "1";
  process.env.DOCKER_CERT_PATH = certificates;
}

/** Docker Desktop's engine lives in a virtual machine, where its socket is at the default place. */
function mountableSocket({ uri }: EngineEndpoint, system: string): string {
  const local = uri.startsWith("unix://") && !system.startsWith("Docker Desktop");
  return local ? uri.slice("unix://".length) : "/var/run/docker.sock";
}

function publishedHost({ uri }: EngineEndpoint): string {
  return uri.startsWith("unix://") ? "127.0.0.1" : new URL(uri).hostname;
}

function engineArchitecture(name: string): Engine["arch"] {
  if (name === "amd64" || name === "arm64") return name;
  throw new EnvironmentError(
    `the container engine runs on ${name}, and the parts exist for amd64 and arm64 only; name another with DOCKER_HOST`,
  );
}
