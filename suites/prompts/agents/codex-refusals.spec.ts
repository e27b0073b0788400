import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import type { ScriptedCall } from "../../../containers/targets/rig-access/scripted-model.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { commandEvidence } from "../../../helpers/checks/evidence.ts";
import { serverLine } from "../../../helpers/deployment/litellm/blame.ts";
import type { LiteLLMBlame } from "../../../helpers/deployment/litellm/module-lines.ts";
import { unrestrictedLine } from "../../../helpers/deployment/litellm/restricted-mode.ts";
import type { PolicyUpstream, SourceLocation } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { CodexAgent, type CodexTurn, turnEvidence } from "../support/codex-turn.ts";
import { type KnownServerCall, knownServerCalls, noKnownServer } from "../support/policy-lookup.ts";

check({
  id: "PROMPT-04/refusals-reach-the-model",
  requirements: ["PROMPT-04"],
  title: "a refused write and a refused path reach the model as errors, and the answer says so",
  needs: ["gateway", "canaries", "commands", "scripted-model"],
  async run({ gateway, evidence }) {
    const known = knownServerCalls(gateway);
    if (known.length === 0) evidence.notSupported(`${noKnownServer}, so the suite knows no call that must be refused`);
    await forEachCase(
      "a refusal reaches the model, and the same tool works for an allowed call",
      known.map((call) => refusalOf(gateway, call)),
      ({ name }) => name,
      async (refusal) => {
        const { name, prompt, refused, allowed, says } = refusal;
        const agent = await CodexAgent.start(gateway, evidence, {
          turns: () => [
            { call: [refused] },
            { call: [allowed] },
            { say: { from: "tool-results", template: `${answerStart}{results}` } },
          ],
        });
        const turn = await agent.ask(name.replaceAll(" ", "-"), prompt);
        // A call that the client could not make was not refused either.
        if (turn.transcript.toolCalls.length === 0) await agent.expectCall(turn, refused.tool);
        expectRefused(turn, refusal);
        await expectAllowed(agent, turn, refusal);
        expectReported(turn, refusal);
        const [first] = turn.transcript.toolCalls;
        evidence.finding(
          `${name}: the model and the user got "${says.exec(first?.resultText ?? "")?.[0] ?? says.source}"; ` +
            `Codex marks the call as ${first?.status} (LiteLLM 1.77.1 drops isError). Transcript: ${turn.path}.`,
        );
      },
    );
    const database = known.find(({ kind }) => kind === "query");
    if (database !== undefined) await expectNoTable(gateway, database.upstream);
  },
});

/** A call that must be refused, and an allowed call of the same tool. */
interface Refusal {
  name: string;
  prompt: string;
  refused: ScriptedCall;
  /** What the tool returns for the refused call. */
  says: RegExp;
  /** What shows in the refused call's result that it was refused. */
  isRefusal: RegExp;
  allowed: ScriptedCall;
  /** Only in the allowed call's result. */
  canary: string;
  location: SourceLocation;
  /** Why the call may not be refused, where LiteLLM's config says so. */
  whyNotRefused: LiteLLMBlame | undefined;
  /** Why the allowed call may fail. */
  whyNotAllowed: LiteLLMBlame | undefined;
}

const answerStart = "This is what the tools returned:\n";

function refusalOf({ deployment }: GatewayTarget, { kind, upstream, call: allowed, canary }: KnownServerCall): Refusal {
  const refused = kind === "query" ? refusedWrite : refusedPath;
  const entry = deployment.litellmConfig.upstreams.find(({ name }) => name === upstream.name);
  const line = serverLine(deployment, upstream.name);
  return {
    ...refused(allowed.tool),
    allowed,
    canary,
    location: upstream.location,
    whyNotRefused: kind === "query" ? unrestrictedLine(deployment, upstream.name) : undefined,
    // The entry itself is not a cause.
    whyNotAllowed: line?.location === entry?.location ? undefined : line,
  };
}

type RefusedCall = Pick<Refusal, "name" | "prompt" | "refused" | "says" | "isRefusal">;

const refusedWrite = (tool: string): RefusedCall => ({
  name: "refused write",
  prompt: "Create a table in my database",
  refused: { tool, arguments: { sql: "CREATE TABLE written_by_an_agent (id int)" } },
  says: /error/i,
  isRefusal: /error/i,
});

const refusedPath = (tool: string): RefusedCall => ({
  name: "refused path",
  prompt: "Read /etc/hostname",
  refused: { tool, arguments: { path: "/etc/hostname" } },
  says: /access denied/i,
  isRefusal: /access denied|error|outside/i,
});

function expectRefused(turn: CodexTurn, { refused, isRefusal, location, whyNotRefused }: Refusal): void {
  const result = turn.transcript.toolCalls[0]?.resultText ?? "";
  if (isRefusal.test(result)) return;
  throw new CheckFailure({
    summary: `${refused.tool} was not refused`,
    code: "not-refused",
    expected: `a result that matches ${isRefusal}`,
    actual: result || "an empty result",
    evidence: turnEvidence(turn),
    location,
    ...whyNotRefused,
  });
}

/** Without an allowed call of the same tool, a refusal proves nothing. */
async function expectAllowed(
  agent: CodexAgent,
  turn: CodexTurn,
  { allowed, canary, location, whyNotAllowed }: Refusal,
): Promise<void> {
  const [, second] = turn.transcript.toolCalls;
  if (second?.resultText.includes(canary)) return;
  await agent.expectCall(turn, allowed.tool);
  throw new CheckFailure({
    summary: `an allowed call of ${allowed.tool} does not return the canary, so the refusal proves nothing`,
    code: "control-failed",
    expected: canary,
    actual: second === undefined ? "the call was not made" : second.resultText || "an empty result",
    evidence: turnEvidence(turn),
    location,
    ...whyNotAllowed,
  });
}

function expectReported(turn: CodexTurn, { refused, says, location }: Refusal): void {
  const [first] = turn.transcript.toolCalls;
  // The request for the model's second answer holds the result of the first call.
  const given = turn.journal.filter(({ turn: due }) => due === 1).map(({ body }) => JSON.stringify(body));
  const [, answer = ""] = turn.transcript.messages.at(-1)?.split(answerStart) ?? [];
  const missing = [
    ...(given.some((body) => says.test(body)) ? [] : ["the request to the model"]),
    ...(says.test(answer) ? [] : ["the answer"]),
  ];
  if (missing.length === 0) return;
  throw new CheckFailure({
    summary: `the refusal of ${refused.tool} is lost on its way to the model or to the user`,
    code: "refusal-lost",
    expected: `${says} in the request to the model and in the answer`,
    actual: `not in ${missing.join(", nor in ")}; the tool returned: ${first?.resultText || first?.error || "nothing"}`,
    evidence: turnEvidence(turn),
    location,
  });
}

async function expectNoTable(gateway: GatewayWith<"commands">, { location }: PolicyUpstream): Promise<void> {
  const query = psql(gateway, "SELECT to_regclass('public.written_by_an_agent') IS NULL");
  const table = await gateway.run("postgres", query);
  if (table.stdout.trim() === "t") return;
  throw new CheckFailure({
    summary: "the refused write took place",
    code: "written",
    expected: "no table written_by_an_agent in Postgres",
    actual: table.exitCode === 0 ? "the table exists" : `psql ended with exit code ${table.exitCode}`,
    evidence: commandEvidence(table),
    location,
  });
}

/** A query to the run's Postgres, without the gateway. */
function psql(gateway: GatewayTarget, sql: string): string[] {
  const variable = gateway.policy.upstreams.find(({ database }) => database !== undefined)?.database?.variable ?? "";
  const url = new URL(gateway.secret(variable));
  const port = url.port || "5432";
  return [
    "psql",
    "-U",
    decodeURIComponent(url.username),
    "-h",
    "127.0.0.1",
    "-p",
    port,
    "-At",
    "-c",
    sql,
    url.pathname.slice(1),
  ];
}
