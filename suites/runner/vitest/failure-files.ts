import type { RigState } from "../../../containers/rigs/rig.ts";
import { captureParts } from "../../../containers/run/failure-capture.ts";
import type { RunSurroundings } from "../../../containers/run/session.ts";
import type { UsedRig } from "../../../containers/targets/providers/target-provider.ts";
import { publishedIn } from "../../../containers/targets/rig-access/parts-of-rig.ts";
import { abridgedCommand } from "../../../helpers/checks/action-log.ts";
import { reproduction, type SentTo } from "../../../helpers/checks/reproduction.ts";
import { environmentOf, type RunConfig } from "../../../helpers/core/run-config.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import { abridged } from "../../../helpers/protocol/exchange.ts";
import { activityFiles, type CheckObserver, type FailedCheck, folderOf } from "../execute-check.ts";
import type { RunFiles } from "./run-files.ts";

/**
 * Keeps what a check leaves in the run's directory, whichever process runs it.
 *
 * @param file the spec file, relative to the project's root
 */
export function fileKeeper(
  files: RunFiles,
  file: string,
  surroundings: RunSurroundings,
): Pick<CheckObserver, "keep" | "keepPicture" | "read" | "did" | "failed"> {
  return {
    keep: (path, content) => files.keep(path, content),
    keepPicture: (path, png) => files.keepPicture(path, png),
    read: (path) => files.read(path),
    async did(activity) {
      for (const [name, text] of activityFiles(activity))
        await files.keep(`evidence/${folderOf(activity.check)}/${name}`, text);
    },
    async failed(failed) {
      const folder = `failures/${folderOf(failed.check)}`;
      try {
        await files.keepFailure(folder, await failureFiles(failed, file, surroundings));
      } catch (error) {
        await files.keepFailure(folder, new Map([["failure.txt", `${failed.message}\n\n${String(error)}\n`]]));
      }
      return folder;
    },
  };
}

/**
 * All that a failure leaves, before anything is taken down; see docs/reports.md, `failures/`.
 *
 * @param file the spec file, relative to the project's root
 * @returns path in the check's folder to text, secrets included
 */
export async function failureFiles(
  failed: FailedCheck,
  file: string,
  { engine, deployment, secrets, run, config }: RunSurroundings,
): Promise<ReadonlyMap<string, string>> {
  const { check, actions, exchanges, message, details, requirements, rigs, beganAt } = failed;
  const { commands, scripts, connections } = actions;
  const requests = await attempt("requests", () => sentRequests(rigs, deployment));
  const script = await attempt("repro.sh", () =>
    reproduction({
      id: check.id,
      title: check.title,
      requirements,
      file,
      message,
      details,
      run,
      environment: whatIsTested(config),
      requests: requests.value ?? [],
      commands,
      scripts,
      connections,
      secrets,
    }),
  );
  const parts = await attempt("logs and deployment", () => captureParts(engine, statesOf(rigs), beganAt));
  const missing = [requests, script, parts].flatMap(({ error }) => error ?? []);
  return new Map([
    ["failure.txt", `${message}\n`],
    ...(script.value === undefined ? [] : [["repro.sh", script.value] as const]),
    ["wire.json", JSON.stringify(exchanges.map(abridged), null, 2)],
    ["commands.json", JSON.stringify(commands.map(abridgedCommand), null, 2)],
    ...(parts.value ?? []),
    ...(missing.length === 0 ? [] : [["not-captured.txt", `${missing.join("\n")}\n`] as const]),
  ]);
}

/** A piece that cannot be captured must neither hide the failure nor keep the others from being captured. */
async function attempt<T>(what: string, capture: () => T | Promise<T>): Promise<{ value?: T; error?: string }> {
  try {
    return { value: await capture() };
  } catch (error) {
    return { error: `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
}

/** Each rig once: a check may use one directly and through another. */
function statesOf(rigs: readonly UsedRig[]): RigState[] {
  return [...new Map(rigs.map(({ state }) => [state.rig, state])).values()];
}

/** The requests of a check, each with the part that took it, in the order in which they were sent. */
function sentRequests(rigs: readonly UsedRig[], deployment: Deployment): SentTo[] {
  const sent = rigs.flatMap(({ state, http }) => {
    if (http === undefined) return [];
    const published = publishedIn(state, deployment);
    return http.exchanges.flatMap((exchange): SentTo[] => {
      const sent = exchange.request.url.split(" ")[0] ?? "";
      // A check may send something that is not a URL.
      if (!URL.canParse(sent)) return [];
      const url = new URL(sent);
      const at = published(url.hostname, Number(url.port) || (url.protocol === "https:" ? 443 : 80));
      return at === undefined ? [] : [{ exchange, rig: state.rig, part: at.part.name, port: at.container }];
    });
  });
  return sent.sort((one, other) => (one.exchange.at < other.exchange.at ? -1 : 1));
}

/** The variables that choose what is tested: not where the report goes, nor how long waits may take. */
function whatIsTested(config: RunConfig): Record<string, string> {
  const { REPORTS: _reports, DEADLINE_FACTOR: _factor, KEEP: _keep, ...chosen } = environmentOf(config);
  return chosen;
}
