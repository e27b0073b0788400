import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import type { ScriptedCall } from "../../../containers/targets/scripted-model.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { databaseTool, fileTool } from "../support/client-of.ts";
import { CodexAgent, told } from "../support/codex-turn.ts";

/** A call that must be refused, and the same one within bounds. */
interface Refusal {
  name: string;
  prompt: string;
  refused: ScriptedCall;
  /** What the tool says then. */
  says: RegExp;
  allowed: ScriptedCall;
  /** Seen in the allowed result, and nowhere else. */
  canary: string;
  /** What the refused call would have shown or done, by its result; undefined when its text can't tell. */
  effect: (result: string) => string | undefined;
  location: SourceLocation;
}

check({
  id: "PROMPT-04/refusals-reach-the-model",
  requirements: ["PROMPT-04"],
  title: "a refused write and a refused path reach the model as errors, and the answer says so",
  needs: ["gateway", "commands"],
  async run({ gateway, evidence }) {
    await forEachCase(
      "a refusal reaches the model, beside the same call within bounds",
      refusals(gateway),
      ({ name }) => name,
      async ({ name, prompt, refused, says, allowed, canary, effect, location }) => {
        const agent = await CodexAgent.start(gateway, evidence, {
          turns: () => [
            { call: [refused] },
            { call: [allowed] },
            { say: { from: "tool-results", template: "This is what the tools said:\n{results}" } },
          ],
        });
        const turn = await agent.ask(name.replaceAll(" ", "-"), prompt);
        // What the model is asked next holds what the call before it returned.
        const given = turn.journal.filter(({ turn: due }) => due === 1).map(({ body }) => JSON.stringify(body));
        const [first, second] = turn.transcript.toolCalls;
        const [, answer = ""] = turn.transcript.messages.at(-1)?.split("This is what the tools said:\n") ?? [];
        const mayHave = effect(first?.resultText ?? "");
        if (mayHave !== undefined)
          throw new CheckFailure({ ...told(turn), summary: `${refused.tool} was not refused: ${mayHave}`, location });
        if (second === undefined || !second.resultText.includes(canary)) {
          await agent.mustHaveCalled(turn, allowed.tool);
          throw new CheckFailure({
            ...told(turn),
            summary: `the same call within bounds brought no canary, so the refusal proves nothing: ${second?.resultText ?? "it was not made"}`,
            location,
          });
        }
        const unsaid = [
          ...(given.some((body) => says.test(body)) ? [] : ["the model"]),
          ...(says.test(answer) ? [] : ["the answer"]),
        ];
        if (unsaid.length > 0) {
          throw new CheckFailure({
            ...told(turn),
            summary: `the refusal of ${refused.tool} does not reach ${unsaid.join(" or ")}`,
            cause: `the tool said: ${first?.resultText || first?.error || "nothing"}`,
            location,
          });
        }
        evidence.finding(
          `${name}: the model was told "${says.exec(first?.resultText ?? "")?.[0] ?? says.source}", and so was the user; ` +
            `Codex marks the call as ${first?.status} (LiteLLM 1.77.1 drops isError). Transcript: ${turn.path}.`,
        );
      },
    );
    const table = await gateway.run(
      "postgres",
      psql(gateway, "SELECT to_regclass('public.written_by_an_agent') IS NULL"),
    );
    if (table.stdout.trim() !== "t")
      throw new CheckFailure({
        summary: "the refused write was made: Postgres has the table written_by_an_agent",
        evidence: { received: `${table.stdout}${table.stderr}` },
        location: databaseTool(gateway).upstream.location,
      });
  },
});

function refusals(gateway: GatewayTarget): Refusal[] {
  const database = databaseTool(gateway);
  const file = fileTool(gateway);
  return [
    {
      name: "refused write",
      prompt: "Create a table in my database",
      refused: { tool: database.tool, arguments: { sql: "CREATE TABLE written_by_an_agent (id int)" } },
      says: /error/i,
      allowed: { tool: database.tool, arguments: { sql: "SELECT datname FROM pg_database" } },
      canary: gateway.canaries.database,
      effect: (result) => (/error/i.test(result) ? undefined : `it said "${result}"`),
      location: database.upstream.location,
    },
    {
      name: "refused path",
      prompt: "Read /etc/hostname",
      refused: { tool: file.tool, arguments: { path: "/etc/hostname" } },
      says: /access denied/i,
      allowed: { tool: file.tool, arguments: { path: file.path } },
      canary: gateway.canaries.file.content,
      effect: (result) => (/access denied|error|outside/i.test(result) ? undefined : `it gave "${result}"`),
      location: file.upstream.location,
    },
  ];
}

/** A question to the run's Postgres itself. */
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
