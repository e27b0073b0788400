import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { atMost } from "../../../helpers/core/at-most.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { type ClientRun, type ClientTargets, clientNeeds, type McpClient } from "../clients/client.ts";
import { clientEvidence } from "../clients/client-failures.ts";
import { canaryTask } from "../clients/client-task.ts";
import { clientMatrix } from "../clients/matrix.ts";
import { canaryCall } from "../support/policy-lookup.ts";

/** What happens to the call of a listed tool, by the fault of the front. */
const troubles = [
  { fault: "call-refused", situation: "the tool refuses" },
  { fault: "call-slow", situation: "the tool takes 10 s longer" },
  { fault: "call-gone", situation: "the tool is gone" },
] as const;
type Trouble = (typeof troubles)[number];

/** How many clients run at a time: each makes LiteLLM list its servers. */
const concurrent = 3;

/** In what a client shows of a call that it gave up. */
const saysError = /error|failed|exception|tim(?:ed|e)[- ]?out/i;

/** How much of a text the table shows, in characters. */
const shownText = 160;

check({
  id: "PROMPT-16/what-users-see",
  requirements: ["PROMPT-16"],
  title: "what each client shows its user when a tool refuses, is slow or is gone is recorded",
  needs: clientNeeds,
  async run({ gateway, clients, evidence }) {
    const targets = { gateway, clients };
    const [present, absent] = [clientMatrix.filter(isPresent), clientMatrix.filter((one) => !isPresent(one))];
    const { canary } = canaryCall(gateway);
    const task = await canaryTask(gateway);
    await clients.forgetCatalogue();
    const cases = present.flatMap((client) => troubles.map((trouble) => ({ client, ...trouble })));
    const runs = await atMost(concurrent, cases, async (one) => {
      const mcpUrl = `${clients.origin(one.fault)}${new URL(task.mcpUrl).pathname}`;
      return { ...one, run: await one.client.use(targets, { ...task, mcpUrl }) };
    });
    for (const { name } of absent) recordAbsent(evidence, name);
    await forEachCase(
      "what a client shows its user is recorded",
      runs,
      ({ client, situation }) => `${nameOf(client, targets)}, ${situation}`,
      async ({ client, fault, situation, run }) => {
        expectEffect(run, fault, canary);
        const found = shownBy(run, canary);
        const row = nameOf(client, targets);
        evidence.compare("clients", { row, column: situation, expected: "recorded", found, holds: true });
        evidence.finding(`${row}, ${situation}: its user sees ${found}.`);
      },
    );

    function isPresent({ isHeavy = false }: McpClient): boolean {
      return !isHeavy || clients.hasHeavy;
    }
  },
});

function nameOf(client: McpClient, targets: ClientTargets): string {
  return `${client.name} ${client.version(targets)}`;
}

function recordAbsent(evidence: Evidence, row: string): void {
  const found = "not run; CLIENTS=all adds it";
  for (const { situation } of troubles)
    evidence.compare("clients", { row, column: situation, expected: "not run", found, holds: true });
}

/** The end of the call, as the client shows it. */
function shownBy({ callShown = "nothing" }: ClientRun, canary: string): string {
  // The tool's own result, of which only its arrival matters.
  if (callShown.includes(canary)) return callShown.replace(/: .*/s, ": the tool's own result");
  const line = callShown.replaceAll(/\s+/g, " ");
  return line.length > shownText ? `${line.slice(0, shownText)}…` : line;
}

/**
 * Without a call, or with the tool's result in spite of the fault, there is nothing to record.
 *
 * @throws {CheckFailure} `no-call`, `fault-without-effect`, `result-lost`
 */
function expectEffect(run: ClientRun, fault: Trouble["fault"], canary: string): void {
  const evidence = clientEvidence(run);
  if (run.callShown === undefined)
    throw new CheckFailure({
      summary: "the client makes no call",
      code: "no-call",
      expected: "a call of the tool",
      actual: run.tools === undefined ? "no list of tools" : `a list of ${run.tools.length} tools, and no call`,
      cause: "the client does not get the tool in its catalogue; see PROMPT-12",
      ...(run.tools === undefined ? {} : followsCatalogue),
      evidence,
    });
  const hasResult = run.result?.includes(canary) === true;
  if (fault !== "call-slow" && hasResult)
    throw new CheckFailure({
      summary: "the client gets the tool's result in spite of the fault",
      code: "fault-without-effect",
      expected: "no result",
      actual: "a result with the canary",
      cause: "the request went past the fault front",
      evidence,
    });
  // The control of the two others: the same client, by the same front. A client may give up before, and says so.
  if (fault === "call-slow" && !hasResult && !run.failed && !saysError.test(run.callShown))
    throw new CheckFailure({
      summary: "a slow call ends without the tool's result, and without an error",
      code: "result-lost",
      expected: "the tool's result, or an error",
      actual: run.callShown,
      cause: "the gateway, or the client, answers a slow call with something else",
      evidence,
    });
}
