import type { Engine } from "../../containers/engine/engine.ts";
import { environmentTrouble } from "../../containers/parts/part-health.ts";
import type { RigState } from "../../containers/rigs/rig.ts";
import { captureParts } from "../../containers/run/failure-capture.ts";
import { publishedIn } from "../../containers/targets/edge.ts";
import { ActionLog, abridgedCommand } from "../../helpers/checks/action-log.ts";
import type { FailureStory } from "../../helpers/checks/check-failure.ts";
import { reproduction, type SentTo } from "../../helpers/checks/reproduction.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { abridged } from "../../helpers/protocol/exchange.ts";
import type { RecordingClient } from "../../helpers/protocol/recording-client.ts";

/** What a check works with, the same for all checks of a worker. */
interface Surroundings {
  engine: Engine;
  deployment: Deployment;
  secrets: ReadonlyMap<string, string>;
  /** Id of the run. */
  run: string;
}

/** What one check has used and done until now. */
export class CheckRecord {
  readonly beganAt = new Date();
  /** The rigs that it asked for, each with its wire where it sends requests of its own. */
  readonly rigs: { state: RigState; wire?: RecordingClient }[] = [];
  readonly actions = new ActionLog();
  readonly surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }
}

/** What failed, in words. */
export interface FailureWords {
  requirements: readonly string[];
  sentence: string;
  /** The spec file, relative to the project's root. */
  file: string;
  /** Without secrets. */
  message: string;
  /** As it was thrown, secrets included. */
  story: FailureStory | undefined;
}

/**
 * What a check's failure is worth: its own error, or the environment's where the engine or a part that it used is gone.
 * What a check has proved a moment before its part was taken away can't be told from what it has not.
 */
export async function judgeFailure(error: unknown, { rigs, surroundings }: CheckRecord): Promise<unknown> {
  if (error instanceof EnvironmentError) return error;
  const states = statesOf(rigs);
  return (await environmentTrouble(surroundings.engine, states)) ?? error;
}

/**
 * All that a failure leaves, before anything is taken down; see README, `failures/`.
 *
 * @returns path in the check's folder to text, secrets included
 */
export async function failureFiles(failure: FailureWords, record: CheckRecord): Promise<ReadonlyMap<string, string>> {
  const { engine, deployment, secrets, run } = record.surroundings;
  const states = statesOf(record.rigs);
  const exchanges = record.rigs.flatMap(({ wire }) => wire?.exchanges ?? []);
  const { commands, scripts, connections } = record.actions;
  const script = reproduction({
    ...failure,
    run,
    environment: chosenVariables(),
    requests: sentRequests(record, deployment),
    commands,
    scripts,
    connections,
    secrets,
  });
  return new Map([
    ["failure.txt", `${failure.message}\n`],
    ["repro.sh", script],
    ["wire.json", JSON.stringify(exchanges.map(abridged), null, 2)],
    ["commands.json", JSON.stringify(commands.map(abridgedCommand), null, 2)],
    ...(await captureParts(engine, states, record.beganAt)),
  ]);
}

/** Each rig once: a check may have asked for one by itself and beneath another. */
function statesOf(rigs: CheckRecord["rigs"]): RigState[] {
  return [...new Map(rigs.map(({ state }) => [state.rig, state])).values()];
}

/** Variables that choose what is tested, as they were set. */
function chosenVariables(): Record<string, string> {
  const names = ["DEPLOYMENT", "LITELLM_VERSION", "TRAEFIK_VERSION", "CODEX_VERSION", "IMAGES", "REGISTRY"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** The requests of a check, each with the part that took it, in the order in which they were sent. */
function sentRequests({ rigs }: CheckRecord, deployment: Deployment): SentTo[] {
  const sent = rigs.flatMap(({ state, wire }) => {
    if (wire === undefined) return [];
    const published = publishedIn(state, deployment);
    return wire.exchanges.flatMap((exchange): SentTo[] => {
      const url = new URL(exchange.request.url.split(" ")[0] ?? "");
      const at = published(url.hostname, Number(url.port) || (url.protocol === "https:" ? 443 : 80));
      return at === undefined ? [] : [{ exchange, rig: state.rig, part: at.part.name, port: at.container }];
    });
  });
  return sent.sort((one, other) => (one.exchange.at < other.exchange.at ? -1 : 1));
}
