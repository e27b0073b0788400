import type { TargetProvider, UsedRig } from "../../containers/targets/providers/target-provider.ts";
import { ActionLog, abridgedCommand } from "../../helpers/checks/action-log.ts";
import { CheckFailure, type FailureDetails, failureText } from "../../helpers/checks/check-failure.ts";
import { classify, isCheckFailure } from "../../helpers/checks/classify.ts";
import { ComparisonList } from "../../helpers/checks/comparison.ts";
import { checkTimeout, within } from "../../helpers/core/deadlines.ts";
import type { EnvironmentError } from "../../helpers/core/errors.ts";
import { watchStarvation } from "../../helpers/core/starvation.ts";
import { redact, redactError, redactValues } from "../../helpers/core/text/redaction.ts";
import { abridged, type Exchange } from "../../helpers/protocol/exchange.ts";
import { gapFor, type KnownGap } from "../../helpers/requirements/known-gaps.ts";
import type { CheckRecord, EnvironmentFailure, FailureRecord, Leak } from "../../helpers/run/run-record.ts";
import type { Check } from "./check.ts";
import { edgeDecision } from "./edge-decision.ts";
import { type EvidenceStore, evidenceIn } from "./evidence.ts";
import { invalidMessageRequirement, invalidMessages } from "./invalid-messages.ts";
import { withKeylessListing } from "./keyless-listing.ts";
import { withModuleDecision } from "./operator-module/module-decision.ts";
import { withModuleError } from "./operator-module/module-error.ts";
import { refusedTestUpstreams, withModuleRefusal } from "./operator-module/module-refusal.ts";
import { withRefusedKey } from "./refused-key.ts";
import { responseLeaks } from "./response-leaks.ts";
import { doubtOfFailure, starvedEnding, type WhenStarved } from "./time-limits.ts";
import { withUnservedRequest } from "./unserved-request.ts";

/** All that running a check takes, whatever it runs on. */
export interface CheckEnvironment {
  targets: TargetProvider;
  /** Name to value: no message leaves with a value in it. */
  secrets: ReadonlyMap<string, string>;
  /** The known gaps of the versions that run, asked for when a check has failed. */
  activeGaps(): readonly KnownGap[];
  observer: CheckObserver;
  /** Begins to measure whether the machine is starved; undefined: its own measurement. */
  watchStarvation?: typeof watchStarvation;
  whenStarved: WhenStarved;
}

/** Takes what a check leaves. */
export interface CheckObserver extends EvidenceStore {
  /** Secrets that LiteLLM returned in a response. */
  addResponseLeaks(leaks: readonly Leak[]): Promise<void>;
  /** What the check did, when it is over. */
  did(activity: CheckActivity): Promise<void>;
  /**
   * A failure that no known gap accounts for, while the parts are still up. What it cannot keep must not hide the failure.
   *
   * @returns the folder of what it kept; undefined for nothing
   */
  failed(failure: FailedCheck): Promise<string | undefined>;
}

/** What one check used and did. */
export interface CheckActivity {
  check: Check;
  beganAt: Date;
  rigs: readonly UsedRig[];
  exchanges: readonly Exchange[];
  actions: ActionLog;
}

/** A check that failed. */
export interface FailedCheck extends CheckActivity {
  requirements: readonly string[];
  /** Without secrets. */
  message: string;
  /** With secrets; undefined where the check itself broke. */
  details: FailureDetails | undefined;
}

/** What a check's end means, before it is written down. */
type Ending = Pick<
  CheckRecord,
  "outcome" | "reason" | "failure" | "gap" | "environment" | "ownFault" | "failureFolder" | "repeats"
> & {
  requirements: readonly string[];
};

/**
 * Runs one check: the only code that does, for a run, for mutation, and for whatever else runs checks.
 *
 * The check's clock starts when its targets are ready. Never throws for what the check finds.
 */
export async function executeCheck(check: Check, environment: CheckEnvironment): Promise<CheckRecord> {
  const { targets, secrets, observer } = environment;
  const findings: string[] = [];
  const compared = new ComparisonList();
  const record = (ending: Ending, duration: number, rigs: readonly UsedRig[] = []): CheckRecord => ({
    id: check.id,
    title: check.title,
    needs: check.needs,
    duration,
    rigs: [...new Set(rigs.map(({ state }) => state.rig))],
    evidence: [],
    findings,
    ...ending,
  });
  const unsupported = targets.unsupported(check.needs);
  if (unsupported !== undefined)
    return record({ requirements: check.requirements, outcome: "not-supported", reason: unsupported }, 0);
  const unmet = targets.unmet(check.needs);
  if (unmet.length > 0) {
    const reason = `needs ${unmet.join(", ")}`;
    return record({ requirements: check.requirements, outcome: "not-tested", reason }, 0);
  }
  const actions = new ActionLog();
  let connected: Awaited<ReturnType<TargetProvider["connect"]>>;
  try {
    connected = await targets.connect(check.needs, { label: labelOf(check), actions });
  } catch (error) {
    return record(await endingOf(error, check, environment, undefined), 0);
  }
  const { rigs, http } = connected;
  if (check.alone && environment.whenStarved === "repeat") {
    await Promise.all(http.map((client) => client.close()));
    const reason = "it runs alone, when all other checks are over";
    return record({ requirements: check.requirements, outcome: "not-tested", reason, repeats: "alone" }, 0, rigs);
  }
  const activity: CheckActivity = {
    check,
    beganAt: new Date(),
    rigs,
    get exchanges() {
      return http.flatMap(({ exchanges }) => exchanges);
    },
    actions,
  };
  const began = performance.now();
  const measured = (environment.watchStarvation ?? watchStarvation)();
  let thrown: { error: unknown } | undefined;
  try {
    const evidence = evidenceIn(observer, folderOf(check), { findings, compared }, secrets);
    await within(`${check.id} is over`, checkTimeout, check.run({ ...connected.targets, evidence }));
    expectValidMessages(activity.exchanges);
  } catch (error) {
    thrown = { error };
  }
  const duration = performance.now() - began;
  let ending: Ending = { requirements: check.requirements, outcome: "passed" };
  if (thrown !== undefined) {
    const starvation = measured();
    const starved = starvedEnding(thrown.error, check, environment.whenStarved, activity, starvation);
    ending =
      starved === undefined
        ? await endingOf(await withCause(thrown.error, connected, activity), check, environment, activity)
        : { requirements: check.requirements, ...starved };
    const shared = connected.targets.gateway?.once.slowest ?? 0;
    const doubt = doubtOfFailure(thrown.error, activity, shared, starvation);
    if (environment.whenStarved === "repeat" && ending.outcome === "failed" && doubt !== undefined)
      ending.repeats = doubt;
  }
  await Promise.all(http.map((client) => client.close()));
  const answered = rigs.filter(({ state }) => state.rig !== "edge").flatMap(({ http: own }) => own?.exchanges ?? []);
  // Behind the edge stands a stub that echoes on purpose; what LiteLLM answers may hold no secret (INJ-09).
  await observer.addResponseLeaks(responseLeaks(answered, secrets, connected.targets.gateway?.deployment));
  await observer.did(activity);
  for (const exchange of activity.exchanges) {
    const decision = edgeDecision(check, exchange);
    if (decision !== undefined) compared.add("edge-decisions", decision);
  }
  const { comparisons } = compared;
  return {
    ...record(ending, duration, rigs),
    ...(answered.length > 0 ? { gateway: timeOf(answered) } : {}),
    ...(comparisons.length > 0 ? { comparisons } : {}),
  };
}

/** The check's own folder of evidence and failures, e.g. `ROUTE-03-look-alike-paths`. */
export function folderOf({ id }: Pick<Check, "id">): string {
  return id.replace("/", "-");
}

/** What a check's requests carry in `User-Agent`. */
function labelOf(check: Check): string {
  return folderOf(check);
}

/** Any check's traffic counts: an invalid message fails the check that carried it, and MCP's own requirement with it. */
function expectValidMessages(exchanges: readonly Exchange[]): void {
  const failure = invalidMessages(exchanges);
  if (failure !== undefined) throw new CheckFailure(failure);
}

/**
 * Names the line behind a request that Traefik did not forward, a refused key, an error or a refusal of the operator's module, an
 * empty listing. The decision of the operator's own `custom_auth` function comes last: it is certain.
 *
 * @returns a {@link NotSupported} where the operator's module refuses the suite's own test servers
 */
async function withCause(
  error: unknown,
  { targets }: Awaited<ReturnType<TargetProvider["connect"]>>,
  { exchanges, beganAt }: CheckActivity,
): Promise<unknown> {
  if (!isCheckFailure(error)) return error;
  const refused = targets.testGateway && refusedTestUpstreams(exchanges, targets.testGateway);
  if (refused !== undefined) return refused;
  const served = await withUnservedRequest(error, exchanges, targets.gateway);
  const located = await withRefusedKey(served, exchanges, targets.gateway?.deployment);
  const litellm = targets.gateway ?? targets.testGateway ?? targets.restartableGateway;
  const explained = await withKeylessListing(located, exchanges, litellm?.deployment);
  const mistaken = await withModuleError(explained, exchanges, beganAt, litellm);
  const refusing = await withModuleRefusal(mistaken, exchanges, litellm?.deployment);
  return await withModuleDecision(refusing, exchanges, litellm);
}

async function endingOf(
  thrown: unknown,
  check: Check,
  environment: CheckEnvironment,
  activity: CheckActivity | undefined,
): Promise<Ending> {
  const { targets, secrets, observer } = environment;
  // What was taken away in the middle says nothing of the gateway.
  const judged =
    classify(thrown) === "not-supported" || activity === undefined
      ? thrown
      : ((await targets.environmentTrouble(activity.rigs)) ?? thrown);
  const details = isCheckFailure(judged) ? judged.details : undefined;
  const requirements =
    details?.code === "invalid-message"
      ? [...new Set([...check.requirements, invalidMessageRequirement])]
      : check.requirements;
  const error = redactError(judged, secrets);
  const message = error instanceof Error ? error.message : String(error);
  switch (classify(error)) {
    case "not-supported":
      return { requirements, outcome: "not-supported", reason: message };
    case "environment":
      return { requirements, outcome: "not-tested", reason: message, environment: environmentFailure(error, message) };
    case "failure": {
      const failure = failureRecord(details, message, secrets);
      const gap = gapFor(environment.activeGaps(), { check: check.id, requirements, failure });
      if (gap !== undefined) {
        const { reason, link, until, part, versions } = gap;
        return { requirements, outcome: "known-gap", reason, gap: { reason, link, until, part, versions }, failure };
      }
      const failureFolder = activity && (await observer.failed({ ...activity, requirements, message, details }));
      return { requirements, outcome: "failed", failure, ...(failureFolder === undefined ? {} : { failureFolder }) };
    }
    case "timed-out":
    case "own-fault": {
      const failureFolder =
        activity && (await observer.failed({ ...activity, requirements, message, details: undefined }));
      const name = error instanceof Error ? error.name : "Error";
      const stack = error instanceof Error ? error.stack : undefined;
      return {
        requirements,
        outcome: "failed",
        ownFault: { name, message, ...(stack === undefined ? {} : { stack }) },
        ...(failureFolder === undefined ? {} : { failureFolder }),
      };
    }
  }
}

function environmentFailure(error: unknown, message: string): EnvironmentFailure {
  const { part, log = [] } = error as Partial<EnvironmentError>;
  return { part, message, log };
}

/** The failure without secrets; an assertion of `expect` has a message only. */
function failureRecord(
  details: FailureDetails | undefined,
  message: string,
  secrets: ReadonlyMap<string, string>,
): FailureRecord {
  const plain = details ?? { summary: message, expected: "the assertion holds", actual: "it does not" };
  return {
    ...(redactValues(plain, secrets) as FailureDetails),
    message: details === undefined ? message : redact(failureText(plain), secrets),
  };
}

/** How long LiteLLM had the check's requests. */
function timeOf(exchanges: readonly Exchange[]): { requests: number; milliseconds: number } {
  const answered = exchanges.flatMap(({ response }) => response ?? []);
  return { requests: answered.length, milliseconds: answered.reduce((sum, { endAfter }) => sum + endAfter, 0) };
}

/** The files of evidence that every check with traffic or commands leaves. */
export function activityFiles({ exchanges, actions }: CheckActivity): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  if (exchanges.length > 0) files.set("wire.json", JSON.stringify(exchanges.map(abridged), null, 2));
  if (actions.commands.length > 0)
    files.set("commands.json", JSON.stringify(actions.commands.map(abridgedCommand), null, 2));
  return files;
}
