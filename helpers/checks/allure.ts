import {
  attachment,
  description,
  epic,
  feature,
  label,
  link,
  logStep,
  parentSuite,
  Status,
  severity,
  story,
  suite,
  tag,
  testCaseId,
} from "allure-js-commons";
import { BaseMessageTestRuntime, getGlobalTestRuntime } from "allure-js-commons/sdk/runtime";
import { redact, secretsIn } from "../core/text/redaction.ts";
import { type Exchange, receivedText, sentText } from "../protocol/exchange.ts";
import { loadRequirements, type RequirementId } from "../requirements/requirements.ts";
import { suiteOf } from "../requirements/suites.ts";
import type { CommandRun } from "./action-log.ts";
import type { FailureDetails } from "./check-failure.ts";

/** Name of the label that holds the check's id in Allure's results. */
export const checkLabel = "check";

/**
 * Files the running check in Allure's report: below its suite and its first requirement, with its id, its requirements and
 * the level of the strictest one as labels.
 */
export async function labelCheck(check: { id: string; requirements: readonly RequirementId[] }): Promise<void> {
  const known = loadRequirements();
  const proved = check.requirements.flatMap((id) => known.get(id) ?? []);
  const level = proved.some((requirement) => requirement.level === "MUST") ? "MUST" : "SHOULD";
  const { folder } = suiteOf(check.id);
  const [first] = proved;
  await epic(folder);
  await parentSuite(folder);
  if (first !== undefined) {
    await feature(first.id);
    await suite(`${first.id} ${first.level}: ${first.statement}`);
  }
  await story(level);
  await severity(level === "MUST" ? "critical" : "normal");
  await tag(level);
  // Allure recognizes a check by it from run to run, whatever its title and its file are.
  await testCaseId(check.id);
  await label(checkLabel, check.id);
  for (const { id } of proved) {
    await tag(id);
    await label("requirement", id);
  }
  await description(
    proved.map(({ id, level: own, statement, source }) => `**${id}** (${own}) ${statement} *${source}*`).join("\n\n"),
  );
}

/** Attaches a text or a picture to the running check in Allure's report. */
export async function attachEvidence(name: string, content: string | Buffer, contentType: string): Promise<void> {
  await attachment(name, content, { contentType });
}

/** Links the running check in Allure's report to a file of the run; the page is in a folder of the run's directory. */
export async function linkEvidence(path: string): Promise<void> {
  await link(`../${path}`, path);
}

/** One thing that a check did, as a step of Allure's report. */
export interface ShownStep {
  /** `without a key: GET http://gateway.lan/ → 200 from LiteLLM, expected: refused`. */
  name: string;
  /** ISO 8601. */
  at: string;
  /** Undefined when it has no end. */
  milliseconds: number | undefined;
  /** The failure's evidence names it, or it did not end as the check expected, or there was no answer. */
  failed: boolean;
  /** What it is one of: who asked, and what was expected. Of each kind, some steps are shown. */
  kind: string;
  details: Readonly<Record<string, string>>;
}

/**
 * The steps of a check: its requests and its commands, without secrets.
 *
 * @param secrets name to value
 * @param failure how the check failed; its evidence says which steps failed
 */
export function stepsOf(
  exchanges: readonly Exchange[],
  commands: readonly CommandRun[],
  secrets: ReadonlyMap<string, string>,
  failure?: FailureDetails,
): ShownStep[] {
  const hide = (text: string): string => redact(text, secrets);
  const failed = failure === undefined ? [] : [failure, ...(failure.cases ?? [])];
  const failedExchanges = new Set(failed.flatMap(({ evidence }) => evidence?.exchanges ?? []));
  const failedCommands = new Set(failed.flatMap(({ evidence }) => evidence?.commands ?? []));
  return [
    ...exchanges.map((exchange) => {
      const { id, at, request, response, judgement } = exchange;
      const who = credentialOf(exchange, secrets);
      const answer = judgement?.found ?? response?.status ?? "no response";
      const expected = judgement === undefined ? "" : `, expected: ${judgement.expected}`;
      return {
        name: hide(`${who}: ${request.method} ${request.url} → ${answer}${expected}`),
        at,
        milliseconds: response?.endAfter ?? exchange.failedAfter,
        failed: failedExchanges.has(id) || (judgement === undefined ? response === undefined : !judgement.holds),
        kind: `${who}${expected}`,
        details: { sent: hide(sentText(exchange)), received: hide(receivedText(exchange)) },
      };
    }),
    ...commands.map(({ id, part, command, at, exitCode, stderr, milliseconds }) => ({
      name: hide(`${part}: ${command.slice(0, 3).join(" ")} → exit code ${exitCode}`),
      at,
      milliseconds,
      failed: failedCommands.has(id),
      kind: part,
      details: { command: hide(command.join(" ")), "standard error": hide(stderr) },
    })),
  ];
}

/** Headers in which LiteLLM accepts a key. */
const credentialHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
  "x-litellm-api-key",
]);

/** Whose key a request carried: `with LITELLM_MASTER_KEY`, `with another key`, or `without a key`. */
function credentialOf({ request }: Exchange, secrets: ReadonlyMap<string, string>): string {
  const values = request.headers.flatMap(([name, value]) => (credentialHeaders.has(name.toLowerCase()) ? [value] : []));
  if (values.length === 0) return "without a key";
  const names = secretsIn(values.join("\n"), secrets);
  return names.length === 0 ? "with another key" : `with ${names.join(" and ")}`;
}

/** How much of a step's name and of its details is shown, in characters: a page with all of it opens slowly. */
const shownName = 160;
const shownDetail = 1_000;
/** How many steps of a check are shown: those that failed, then some of each kind. Its evidence has all of them. */
const shownSteps = 50;

/** Shows what the running check did in Allure's report, step by step: what failed first, the rest in order of time. */
export async function showSteps(steps: readonly ShownStep[]): Promise<void> {
  const runtime = getGlobalTestRuntime();
  // Without Allure's reporter, e.g. in mutation, nobody reads them.
  if (!(runtime instanceof BaseMessageTestRuntime)) return;
  const inOrder = steps.toSorted((one, other) => (one.at < other.at ? -1 : 1));
  const failed = inOrder.filter((step) => step.failed).slice(0, shownSteps);
  const others = ofEachKind(
    inOrder.filter((step) => !step.failed),
    shownSteps - failed.length,
  );
  const left = steps.length - failed.length - others.length;
  for (const step of failed) await showStep(runtime, step);
  for (const step of others) await showStep(runtime, step);
  if (left > 0) await logStep(`and ${left} more: the check's evidence has all ${steps.length}`);
}

/** So many steps, of each kind about as many, in their order: refusals and the controls next to them both show. */
function ofEachKind(steps: readonly ShownStep[], room: number): ShownStep[] {
  const kinds = [...Map.groupBy(steps, ({ kind }) => kind).values()];
  const longest = Math.max(0, ...kinds.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, turn) => kinds.flatMap((kind) => kind[turn] ?? [])).flat();
  const chosen = new Set(inTurn.slice(0, room));
  return steps.filter((step) => chosen.has(step));
}

/** `step()` of Allure's own measures the call to it: these steps are over, and have times of their own. */
async function showStep(runtime: BaseMessageTestRuntime, step: ShownStep): Promise<void> {
  const start = Date.parse(step.at);
  await runtime.sendMessage({ type: "step_start", data: { name: cut(step.name, shownName), start } });
  const parameters = Object.entries(step.details).map(([name, value]) => ({ name, value: cut(value, shownDetail) }));
  await runtime.sendMessage({ type: "step_metadata", data: { parameters } });
  const status = step.failed ? Status.FAILED : Status.PASSED;
  await runtime.sendMessage({ type: "step_stop", data: { stop: start + (step.milliseconds ?? 0), status } });
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
