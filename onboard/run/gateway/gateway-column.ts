import type { Executed } from "../../../containers/engine/command.ts";
import type { Engine } from "../../../containers/engine/engine.ts";
import { execute } from "../../../containers/parts/container-command.ts";
import { readLog } from "../../../containers/parts/container-log.ts";
import type { PartHandle } from "../../../containers/parts/part.ts";
import type { PartResources } from "../../../containers/parts/part-resources.ts";
import { DeadlineError, deadlines, until } from "../../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import type { RunConfig } from "../../../helpers/core/run-config.ts";
import { shortPrefix } from "../../../helpers/deployment/litellm/prefix.ts";
import { atLeast } from "../../../helpers/deployment/litellm/version.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { liteLLMPortOf } from "../../../helpers/deployment/services/litellm-port.ts";
import { slug } from "../../../helpers/deployment/services/slug.ts";
import { type Canaries, makeCanaries } from "../../../helpers/deployment/source/canaries.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import { serverEntry } from "../../candidate/server-entry.ts";
import type { Candidate } from "../../candidate/types.ts";
import type { GatewayColumn } from "../../judge/gateway.ts";
import type { ClientKey } from "../../observe/client-key.ts";
import { type GatewaySubject, observeThroughGateway } from "../../observe/through-gateway.ts";
import type { Column } from "../../observe/undecided.ts";
import { HttpChannel } from "../../protocol/http-channel.ts";
import type { GateResources } from "../gate-resources.ts";
import type { Prepared } from "../prepared.ts";
import { checkNames } from "./check-names.ts";
import { makeClientKey } from "./client-key.ts";
import { candidateMark, type GatewayParts, startGatewayParts, startLiteLLM } from "./gateway-rig.ts";

/** A deployment that a candidate is to join, on one version of LiteLLM. */
export interface JoinedDeployment {
  /** Loaded with canaries in place of its secrets. */
  deployment: Deployment;
  canaries: Canaries;
}

/**
 * Loads the deployment that a candidate is to join.
 *
 * @param version of LiteLLM; undefined for the deployment's own
 * @throws {DeploymentError} with every fault of the deployment, or when the candidate names a part of it as its own service or host
 */
export async function loadJoined(
  candidate: Candidate & { deployment: string },
  config: Pick<RunConfig, "versions">,
  version: string | undefined,
): Promise<JoinedDeployment> {
  const folder = candidate.deployment;
  const versions = { ...config.versions, ...(version === undefined ? {} : { litellm: version }) };
  const asWritten = await loadDeployment(folder, { versions });
  const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  const canaries = makeCanaries(asWritten.policy, originals, asWritten.literals);
  const deployment = await loadDeployment(folder, {
    replace: canaries.secrets,
    versions,
    literals: asWritten.literals,
  });
  checkNames(deployment, candidate);
  return { deployment, canaries };
}

/**
 * Runs a candidate as an upstream of a deployment's LiteLLM, next to the upstreams that it has already.
 *
 * @throws {EnvironmentError} when a part does not start, for a reason other than the candidate's entry
 */
export async function runThroughGateway(
  { engine, run, images }: GateResources,
  config: RunConfig,
  candidate: Candidate,
  { prepared, joined }: { prepared: Prepared; joined: JoinedDeployment },
): Promise<Column<GatewayColumn>> {
  const final = (seen: GatewayColumn): Column<GatewayColumn> => ({ seen, again: async () => seen });
  if ("failed" in prepared.installed) return final({ notRun: "it can't be installed" });
  if (candidate.server.from === "image" && candidate.server.listens === undefined)
    return final({ notRun: "LiteLLM would start its image with docker, which the run's LiteLLM does not have" });
  const resources: PartResources = { engine, run, images, config, ...joined };
  const rig = `onboard-${slug(joined.deployment.litellmConfig.version)}`;
  const parts = await startGatewayParts(resources, rig, candidate, prepared);
  const start = (name: string, own: Candidate | undefined): Promise<PartHandle> =>
    startLiteLLM(resources, rig, { parts, name, candidate: own, prepared });
  let litellm: PartHandle;
  try {
    litellm = await start("litellm", candidate);
  } catch (error) {
    if (!(error instanceof EnvironmentError) || error.part !== "litellm") throw error;
    // Whose fault it is shows without the candidate: a LiteLLM that does not start then either has another reason.
    await start("litellm-without", undefined);
    return final({ refused: { why: error.message, log: error.log } });
  }
  const subject = new ContainerGateway(engine, candidate, { joined, parts, litellm });
  const again = (): Promise<GatewayColumn> => observeThroughGateway(subject, candidate);
  return { seen: await again(), again };
}

/**
 * Kills every process that has the candidate's mark, for as long as its file says so: LiteLLM starts one for each request, and
 * again after a failure.
 */
const killProgram = `
import os, signal, sys, time
mark, file, ends = sys.argv[1].encode(), sys.argv[2], time.monotonic() + float(sys.argv[3])
def state():
    with open(file) as own:
        return own.read()
def say(text):
    with open(file, "w") as own:
        own.write(text)
say("waiting")
while time.monotonic() < ends and state() != "stop":
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environment:
                if mark not in environment.read().split(b"\\0"):
                    continue
            os.kill(int(pid), signal.SIGKILL)
            if state() == "waiting":
                say("killed")
        except OSError:
            pass
    time.sleep(0.02)
`;

/** The file that stops the program, and the one by which it reports a kill: in memory, which every container can write. */
const killFile = "/dev/shm/conformance-kill";

/** How long LiteLLM may take to start the candidate's process for a call, in milliseconds. */
const startsWithin = 10_000;

/** How long the candidate may stay dead, in milliseconds: the gateway lists meanwhile. */
const deadFor = 120_000;

class ContainerGateway implements GatewaySubject {
  readonly #engine: Engine;
  readonly #candidate: Candidate;
  readonly #own: { joined: JoinedDeployment; parts: GatewayParts; litellm: PartHandle };
  readonly #prefix: string;
  #killing: Promise<Executed> | undefined;

  constructor(
    engine: Engine,
    candidate: Candidate,
    own: { joined: JoinedDeployment; parts: GatewayParts; litellm: PartHandle },
  ) {
    this.#engine = engine;
    this.#candidate = candidate;
    this.#own = own;
    this.#prefix = prefixOf(candidate, own.joined.deployment);
  }

  open(key: string = this.#own.joined.deployment.litellmConfig.masterKey): HttpChannel {
    const { joined, litellm } = this.#own;
    const { deployment } = joined;
    const url = `http://${litellm.host}:${litellm.ports[liteLLMPortOf(deployment.litellm)]}${deployment.policy.mcp.endpoint}`;
    return new HttpChannel(url, { authorization: `Bearer ${key}` });
  }

  async clientKey(): Promise<ClientKey | undefined> {
    const { joined, litellm } = this.#own;
    return await makeClientKey(joined.deployment, litellm, this.#candidate.name);
  }

  nameOf(tool: string): string {
    return `${this.#prefix}${tool}`;
  }

  async prepareKill(): Promise<void> {
    const { parts, litellm } = this.#own;
    if (parts.candidate !== undefined) return;
    const mark = `${candidateMark.name}=${candidateMark.value}`;
    // What an earlier program left would pass for this one's word.
    await execute(this.#engine, litellm.containerId, ["rm", "-f", killFile]);
    const command = ["python3", "-c", killProgram, mark, killFile, String(deadFor / 1000)];
    this.#killing = execute(this.#engine, litellm.containerId, command);
    const runs = until("the program that kills the candidate runs", deadlines.smallPartStart, async () =>
      (await this.#killState()) === "" ? undefined : true,
    );
    const ended = this.#killing.then(({ stderr }) => Promise.reject(new EnvironmentError(stderr.trim())));
    try {
      await Promise.race([runs, ended]);
    } catch (error) {
      const reason = (error as Error).message;
      throw new EnvironmentError(`the candidate ${this.#candidate.name} can't be killed: ${reason}`, { cause: error });
    } finally {
      ended.catch(() => undefined);
      runs.catch(() => undefined);
    }
  }

  async kill(): Promise<boolean> {
    const { parts } = this.#own;
    if (parts.candidate !== undefined) {
      await this.#engine.docker.getContainer(parts.candidate.containerId).kill();
      return true;
    }
    const hasKilled = async (): Promise<true | undefined> =>
      (await this.#killState()) === "killed" ? true : undefined;
    return await until("a process of the candidate is killed", startsWithin, hasKilled).catch((error: unknown) => {
      if (error instanceof DeadlineError) return false;
      throw error;
    });
  }

  /** What the killing program says; empty before it runs. */
  async #killState(): Promise<string> {
    const { stdout } = await execute(this.#engine, this.#own.litellm.containerId, ["cat", killFile]);
    return stdout.trim();
  }

  async revive(): Promise<void> {
    const { parts, litellm } = this.#own;
    if (parts.candidate !== undefined) await this.#engine.docker.getContainer(parts.candidate.containerId).start();
    if (this.#killing === undefined) return;
    await execute(this.#engine, litellm.containerId, ["sh", "-c", `printf stop > ${killFile}`]);
    const { exitCode, stderr } = await this.#killing;
    if (exitCode === 0) return;
    throw new EnvironmentError(`the candidate ${this.#candidate.name} could not be killed: ${stderr.trim()}`);
  }

  async log(): Promise<string> {
    return await readLog(this.#engine, this.#own.litellm.containerId);
  }
}

/** What LiteLLM puts in front of the names of a candidate's tools. */
export function prefixOf(candidate: Candidate, { litellm, litellmConfig }: Deployment): string {
  const { version, separator } = litellmConfig;
  const isShort = /^(1|true|yes|on)$/i.test(
    litellm.environment.get("LITELLM_USE_SHORT_MCP_TOOL_PREFIX")?.value.trim() ?? "",
  );
  const { url = "", transport, auth_type: authType = "" } = serverEntry(candidate);
  const prefix =
    isShort && atLeast(version, "1.92.0")
      ? shortPrefix({ name: candidate.name, url, transport, authType, alias: "" })
      : candidate.name;
  return `${prefix}${separator}`;
}
