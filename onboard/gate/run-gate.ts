import { connectEngine } from "../../containers/engine/engine.ts";
import { removeDeadRuns, removeRun } from "../../containers/engine/removal.ts";
import { newRun } from "../../containers/engine/run-labels.ts";
import { Images } from "../../containers/images/images.ts";
import { readLock } from "../../helpers/catalogue-lock/lock-file.ts";
import { DeploymentError, ExitCode } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import { redactValues } from "../../helpers/core/text/redaction.ts";
import { atLeast, newestLiteLLM } from "../../helpers/deployment/litellm/version.ts";
import type { Candidate } from "../candidate/types.ts";
import { type GatewayColumn, judgeThroughGateway } from "../judge/gateway.ts";
import { judge } from "../judge/judge.ts";
import { compareWithLock, lockFile, lockOf, writeLock } from "../lock/lock.ts";
import { undecidedAlone } from "../observe/observe.ts";
import { undecidedThroughGateway } from "../observe/through-gateway.ts";
import { runDirectly } from "../run/direct-column.ts";
import { type JoinedDeployment, loadJoined, prefixOf, runThroughGateway } from "../run/gateway/gateway-column.ts";
import { prepare } from "../run/prepared.ts";
import { approvedUpstreams } from "./approved-upstreams.ts";
import { decided } from "./decided.ts";
import { requireTools } from "./needs-hosts.ts";
import { columnsOf, type GateReport } from "./report.ts";
import { toGoLive } from "./to-go-live.ts";

/** How the gate is run. */
export interface GateOptions {
  candidate: Candidate;
  config: RunConfig;
  progress: Progress;
  /** Write the catalogue that was seen as the approved one. */
  isApproved: boolean;
}

/**
 * Runs a candidate and judges it. Everything that it starts is removed at the end, also after a signal.
 *
 * @throws {DeploymentError} when the deployment or the lock file is wrong
 * @throws {EnvironmentError} when there is no engine, a gateway or a service of the candidate does not start, the machine is too
 *   busy for a verdict, or the candidate lists no tool and a host that it needs can't be reached
 */
export async function runGate({ candidate: written, config, progress, isApproved }: GateOptions): Promise<GateReport> {
  const startedAt = new Date().toISOString();
  const approved = approvedUpstreams(written);
  const file = lockFile(written);
  const lock = readLock(file);
  const gateways = await plannedGateways(written, config);
  const engine = await connectEngine({ progress });
  await removeDeadRuns(engine);
  const run = newRun({ keep: config.keep });
  const images = new Images(engine, { ...config.images, progress });
  const remove = async (): Promise<void> => {
    if (!config.keep) await removeRun(engine, run.id);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    progress.line(`${signal}: removing the parts`);
    void remove().finally(() => process.exit(ExitCode.environmentFailed));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, onSignal);
  try {
    const resources = { engine, run, images, progress };
    const prepared = await prepare(resources, written);
    const { candidate, secrets } = prepared;
    const { unreachable } = prepared.hosts;
    const columns = [
      runDirectly(resources, candidate, prepared),
      ...gateways.map(async ({ joined }) =>
        "notRun" in joined
          ? { seen: joined, again: async () => joined }
          : await runThroughGateway(resources, config, candidate, { prepared, joined }),
      ),
    ] as const;
    const [direct, ...behind] = await settled(columns, remove);
    const { supply, image } = direct;
    const seen = await decided("the candidate", direct, progress, (own) => undecidedAlone(own, candidate));
    requireTools(seen, unreachable, secrets);
    const through: GatewayColumn[] = [];
    for (const [index, column] of behind.entries()) {
      const name = `the candidate behind LiteLLM ${gateways[index]?.version}`;
      const reason = (own: GatewayColumn): string | undefined =>
        "own" in own ? undecidedThroughGateway(own, candidate) : undefined;
      through.push(await decided(name, column, progress, reason));
    }
    const now = seen.catalogue === undefined ? undefined : lockOf(candidate, seen.catalogue, supply);
    if (isApproved && now !== undefined) writeLock(file, now);
    const compared = isApproved ? now : lock;
    const differences =
      compared === undefined || now === undefined ? undefined : compareWithLock(candidate, compared, now);
    const judged = judge({ candidate, seen, supply, differences, approved, secrets, unreachable });
    const judgedColumns = columnsOf({
      direct: judged,
      isAlone: candidate.deployment === undefined,
      gateways: gateways.map(({ version, joined }, index) => {
        const prefix = "notRun" in joined ? "" : prefixOf(candidate, joined.deployment);
        return {
          version,
          judged: judgeThroughGateway({
            candidate,
            version,
            direct: { seen, judged },
            seen: through[index] ?? { notRun: "it was not run" },
            nameOf: (tool) => `${prefix}${tool}`,
            secrets,
          }),
        };
      }),
    });
    const joined = gateways.flatMap((gateway) => ("notRun" in gateway.joined ? [] : gateway.joined));
    const environment = Object.fromEntries(
      [...(joined[0]?.deployment.litellm.environment ?? [])].map(([name, { value }]) => [name, value]),
    );
    const report: GateReport = {
      schemaVersion: 1,
      candidate: {
        name: candidate.name,
        file: displayPath(candidate.file),
        version: supply?.version ?? image?.version ?? null,
        digest: now?.digest ?? null,
        lock: lock === undefined && !isApproved ? null : displayPath(file),
        deployment: candidate.deployment === undefined ? null : displayPath(candidate.deployment),
      },
      startedAt,
      finishedAt: new Date().toISOString(),
      ...judgedColumns,
      toGoLive:
        judgedColumns.verdict === "reject" || seen.catalogue === undefined
          ? []
          : toGoLive(candidate, seen.catalogue, environment),
    };
    // A leaked secret is named in the evidence, never shown.
    const canaries = joined.map((one) => one.canaries.secrets);
    return [secrets, ...canaries].reduce<GateReport>((shown, own) => redactValues(shown, own) as GateReport, report);
  } finally {
    await remove();
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** A column through a gateway, before it runs. */
interface PlannedGateway {
  /** Of LiteLLM. */
  version: string;
  /** The deployment, or why it can't run on this version. */
  joined: JoinedDeployment | { notRun: string };
}

/**
 * The deployment on its own version of LiteLLM, and on the newest that the suite knows where that is a later one; none for a
 * candidate that is judged alone.
 *
 * @throws {DeploymentError} when it is wrong for its own version
 */
async function plannedGateways(own: Candidate, config: RunConfig): Promise<PlannedGateway[]> {
  const { deployment } = own;
  if (deployment === undefined) return [];
  const candidate = { ...own, deployment };
  const joined = await loadJoined(candidate, config, undefined);
  const current = { version: joined.deployment.litellmConfig.version, joined };
  if (atLeast(current.version, newestLiteLLM)) return [current];
  try {
    return [current, { version: newestLiteLLM, joined: await loadJoined(candidate, config, newestLiteLLM) }];
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    // Wrong for a version that it does not run: a matter of the upgrade.
    const [first] = error.message.split("\n");
    return [current, { version: newestLiteLLM, joined: { notRun: `the deployment is wrong for it: ${first}` } }];
  }
}

/**
 * The results of columns that run in parallel. When one fails, the parts of the others are removed first, so that nothing is
 * started any more when this returns.
 */
async function settled<Columns extends readonly Promise<unknown>[]>(
  columns: Columns,
  remove: () => Promise<void>,
): Promise<{ -readonly [Column in keyof Columns]: Awaited<Columns[Column]> }> {
  try {
    return await Promise.all(columns);
  } catch (error) {
    await remove();
    await Promise.allSettled(columns);
    throw error;
  }
}
