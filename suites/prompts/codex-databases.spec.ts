import { CheckFailure } from "../../helpers/check-failure.ts";
import { conformance } from "../conformance.ts";
import { codexTurn } from "./codex-turn.ts";

conformance(
  ["PROMPT-01"],
  "Codex, asked to list the PostgreSQL databases, calls the Postgres tool and answers with those that exist",
  async ({ gateway, evidence }) => {
    const upstream = gateway.policy.upstreams.find(({ database }) => database !== undefined);
    if (upstream === undefined) throw new CheckFailure({ what: "the policy names no upstream with a database" });
    const tool = `${upstream.name}-execute_sql`;
    const turn = await evidence.phase("floor: Codex turn", () =>
      codexTurn(gateway, evidence, {
        name: "list-databases",
        prompt: "List my PostgreSQL databases",
        turns: (token) => [
          // The token comes back in the database's own log, as a column's value: comments don't survive restricted mode.
          {
            call: [
              { tool, arguments: { sql: `SELECT datname, '${token}' AS asked FROM pg_database ORDER BY datname` } },
            ],
          },
          { say: { from: "tool-results", template: "Your PostgreSQL databases:\n{results}" } },
        ],
      }),
    );
    const { transcript, journal, token } = turn;
    const told = {
      sent: 'codex exec --json "List my PostgreSQL databases"',
      received: [
        `exit code ${turn.exitCode}, turn ${transcript.turn ?? "without end"}`,
        ...transcript.toolCalls.map((call) => `${call.server}.${call.tool}: ${call.status} ${call.error ?? ""}`),
        ...transcript.errors,
        ...transcript.messages,
        turn.stderr.trim().split("\n").slice(-5).join("\n"),
      ].join("\n"),
    };

    const call = transcript.toolCalls.find((one) => one.status === "completed" && one.tool.includes("execute_sql"));
    if (call === undefined) {
      const notOffered = journal.find((entry) => entry.toolNotOffered !== undefined);
      throw new CheckFailure({
        ...told,
        what: "Codex completed no call of the Postgres tool",
        likelyCause:
          journal.length === 0
            ? "Codex never reached the model: look at its provider's base_url and key"
            : notOffered !== undefined
              ? `the model was not shown ${tool}: the catalogue was empty or late when the turn began (required = true in config.toml waits for it)`
              : "the call failed on its way through the gateway",
      });
    }
    const { database } = gateway.canaries;
    const answer = transcript.messages.at(-1) ?? "";
    if (!call.resultText.includes(database) || !answer.includes(database)) {
      throw new CheckFailure({
        ...told,
        what: `the canary database ${database} is not in ${call.resultText.includes(database) ? "the answer" : "the tool's result"}`,
        likelyCause: "the upstream asks another database server than this run's",
      });
    }
    if (transcript.turn !== "completed" || turn.exitCode !== 0)
      throw new CheckFailure({ ...told, what: "the turn did not complete" });
    const log = await gateway.log("postgres");
    if (!log.includes(token)) {
      throw new CheckFailure({
        ...told,
        what: "Postgres's own log does not show the query",
        likelyCause: "the answer came from elsewhere",
      });
    }
    evidence.finding(
      `Codex called ${call.tool} through ${gateway.url(gateway.policy.mcp.endpoint)} and answered with the run's canary database; ` +
        `Postgres logged the query. Transcript: ${turn.path}.`,
    );
  },
);
