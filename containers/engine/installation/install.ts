import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import type { Progress } from "../../../helpers/core/terminal/progress.ts";
import { CommandError, keptLogLines, runOnHost } from "../host-command.ts";
import { isDebianFamily, type OperatingSystem, operatingSystem } from "./host-system.ts";
import { enginePidFiles, isRunning, removeIfStale } from "./pid-files.ts";

/** The command that an operator runs where the suite may not install anything. */
const installCommand =
  "sudo apt-get update && sudo apt-get install -y docker.io iptables && sudo usermod -aG docker $USER";

/** The engine's packages. docker.io only recommends iptables, but dockerd does not start without it. */
const packages = ["docker.io", "iptables"];

/** Log of a dockerd that the suite started. It stays after the run, so that it can be read. */
const engineLog = "/var/log/gateway-conformance-dockerd.log";

/**
 * Installs an engine from the distribution's packages unless one is installed, and starts it.
 *
 * @param answers whether the engine answers now
 * @throws {EnvironmentError} when this machine is not Debian or Ubuntu, this user is not root, or a step fails
 */
export async function installEngine(progress: Progress, answers: () => Promise<boolean>): Promise<void> {
  const system = operatingSystem();
  const installed = findEngineProgram() !== undefined;
  if (!isDebianFamily(system) || process.getuid?.() !== 0) throw installationDenied(system, installed);
  let installLog: readonly string[] = [];
  if (!installed) {
    progress.line(`No container engine on this machine: installing ${packages.join(" and ")} from ${system.name}`);
    installLog = await installPackages(progress);
  }
  await progress.during("start the container engine", () => startEngine(answers, installLog));
}

function installationDenied(system: OperatingSystem, installed: boolean): EnvironmentError {
  if (installed) {
    return new EnvironmentError(
      "the container engine is installed but does not run, and starting it needs root: `sudo systemctl start docker`",
    );
  }
  return isDebianFamily(system)
    ? new EnvironmentError(`no container engine on this machine, and installing one needs root: \`${installCommand}\``)
    : new EnvironmentError(
        `no container engine on this machine (${system.name}), and the suite installs one on Debian and Ubuntu only; ` +
          "follow https://docs.docker.com/engine/install/, or name one with DOCKER_HOST",
      );
}

async function installPackages(progress: Progress): Promise<readonly string[]> {
  return progress.during("install the container engine", async (step) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const onLine = (line: string): void => step.note(line);
    try {
      await runOnHost("apt-get", ["update"], { env, onLine });
      return await runOnHost("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env, onLine });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // Without systemd the packages' start scripts may fail although the engine is completely installed.
      if (findEngineProgram() !== undefined) return error.log;
      throw new EnvironmentError(
        `the container engine could not be installed: ${error.message}; install one manually (\`apt-get install ${packages.join(" ")}\`)`,
        { log: error.log, cause: error },
      );
    }
  });
}

async function startEngine(answers: () => Promise<boolean>, installLog: readonly string[]): Promise<void> {
  // The package's own script may have started it already.
  if (await answers()) return;
  const failure = existsSync("/run/systemd/system") ? await startService() : startDetached();
  try {
    const ended = await until("the container engine answers", deadlines.engineStart, async () => {
      if (await answers()) return "up";
      return failure.reason !== undefined && !isRunning(enginePidFiles.dockerd) ? failure.reason : undefined;
    });
    if (ended !== "up") throw new Error(ended);
  } catch (cause) {
    throw new EnvironmentError(
      `the container engine is installed but does not start: ${(cause as Error).message}; ` +
        "run `dockerd` in a terminal to see why",
      { log: [...installLog.slice(-5), ...lastLines(engineLog)].slice(-keptLogLines), cause },
    );
  }
}

/** The reason of a failed start, once it is known. */
interface StartFailure {
  reason: string | undefined;
}

async function startService(): Promise<StartFailure> {
  try {
    await runOnHost("systemctl", ["start", "docker"]);
    return { reason: undefined };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/** Without a service manager: starts dockerd in a session of its own, so that it continues to run after the suite, as a service would. */
function startDetached(): StartFailure {
  const failure: StartFailure = { reason: undefined };
  if (isRunning(enginePidFiles.dockerd)) return failure;
  for (const file of Object.values(enginePidFiles)) removeIfStale(file);
  const log = openSync(engineLog, "w");
  const child = spawn(findEngineProgram() ?? "dockerd", [], { detached: true, stdio: ["ignore", log, log], cwd: "/" });
  closeSync(log);
  child.once("error", (error) => {
    failure.reason = error.message;
  });
  child.once("exit", (code, signal) => {
    failure.reason = `dockerd exited with ${code ?? signal}`;
  });
  child.unref();
  return failure;
}

function findEngineProgram(): string | undefined {
  return ["/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"].find((path) => existsSync(path));
}

function lastLines(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-keptLogLines);
}
