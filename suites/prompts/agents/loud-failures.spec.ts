import type { Clients } from "../../../containers/targets/clients.ts";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import type { Cause } from "../../../helpers/agents/agent-diagnosis.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { unknownKey } from "../../../helpers/deployment/canaries.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { databaseTool } from "../support/client-of.ts";
import { codexConfig, lineOf } from "../support/codex-config.ts";
import { type CodexAgent, type CodexTurn, codexTurn, told } from "../support/codex-turn.ts";

/** A gateway that fails, as Codex meets it. */
interface Failing {
  fault: Parameters<Clients["origin"]>[0] | "wrong-key";
  cause: Cause;
  /**
   * Codex itself ends with an error, given a config that says `required = true`. Of an empty catalogue no client can know
   * that it is none: there the suite's own diagnosis is all.
   */
  loud: boolean;
}

const failing: readonly Failing[] = [
  { fault: "wrong-key", cause: "wrong-key", loud: true },
  { fault: "gateway-down", cause: "gateway-down", loud: true },
  { fault: "mcp-404", cause: "mcp-not-found", loud: true },
  { fault: "mcp-401", cause: "mcp-refused", loud: true },
  { fault: "mcp-500", cause: "mcp-broken", loud: true },
  { fault: "empty-catalogue", cause: "catalogue-empty", loud: false },
];

check({
  id: "PROMPT-05/named-cause-of-failure",
  requirements: ["PROMPT-05"],
  title: "with a wrong key, no gateway, a broken MCP or an empty catalogue, Codex's run fails with a named cause",
  needs: ["gateway", "clients"],
  async run({ gateway, clients, evidence }) {
    const { tool } = databaseTool(gateway);
    // The front hands on what has no fault: what fails behind it fails for the fault.
    const { agent, turn } = await turnAt(gateway, clients, evidence, "none");
    await agent.mustHaveCalled(turn, tool);
    await forEachCase(
      "a gateway that fails makes Codex's run a failure with a named cause",
      failing,
      ({ fault }) => fault,
      async ({ fault, cause, loud }) => {
        const met = await turnAt(gateway, clients, evidence, fault);
        await mustFail(gateway, evidence, { ...met, fault, cause, loud });
      },
    );
  },
});

check({
  id: "PROMPT-05/late-catalogue",
  requirements: ["PROMPT-05"],
  title:
    "a catalogue that is slower than the first turn fails Codex's run, and is detected where `required` is missing",
  needs: ["gateway", "clients"],
  async run({ gateway, clients, evidence }) {
    // Shorter than the deployment's, so that the wait for nothing is: what happens at its end is the same.
    const impatient = (text: string): string => text.replace(/^startup_timeout_sec *=.*$/m, "startup_timeout_sec = 5");
    await clients.holdCatalogue();
    const [waiting, heedless] = await Promise.all([
      turnAt(gateway, clients, evidence, "late-catalogue", { name: "late-catalogue", change: impatient }),
      turnAt(gateway, clients, evidence, "late-catalogue", {
        name: "late-catalogue-not-required",
        change: (text) => impatient(text).replace(/^required *=.*$/m, ""),
      }),
    ]);
    await clients.releaseCatalogue();
    const late = { fault: "late-catalogue", cause: "catalogue-late" } as const;
    await Promise.all([
      mustFail(gateway, evidence, { ...waiting, ...late, loud: true }),
      mustFail(gateway, evidence, { ...heedless, ...late, loud: false }),
    ]);
  },
});

async function turnAt(
  gateway: GatewayTarget,
  clients: Clients,
  evidence: Evidence,
  fault: Failing["fault"],
  { name = fault, change = (text: string) => text }: { name?: string; change?: (text: string) => string } = {},
): Promise<{ agent: CodexAgent; turn: CodexTurn }> {
  const { mcpUrl, modelUrl } = await codexConfig(gateway);
  const moved = (url: string): string =>
    fault === "wrong-key" ? url : `${clients.origin(fault)}${new URL(url).pathname}`;
  return await codexTurn(gateway, evidence, {
    name: `failing-${name}`,
    prompt: "List my PostgreSQL databases",
    ...(fault === "wrong-key" ? { key: unknownKey } : {}),
    config: (text) => {
      const there = change(text).replaceAll(mcpUrl, moved(mcpUrl));
      return fault === "gateway-down" ? there.replaceAll(modelUrl, moved(modelUrl)) : there;
    },
    turns: () => [
      { call: [{ tool: databaseTool(gateway).tool, arguments: { sql: "SELECT datname FROM pg_database" } }] },
      { say: { from: "tool-results" } },
    ],
  });
}

async function mustFail(
  gateway: GatewayTarget,
  evidence: Evidence,
  { agent, turn, fault, cause, loud }: Failing & { agent: CodexAgent; turn: CodexTurn },
): Promise<void> {
  const diagnosis = await agent.diagnosis(turn, databaseTool(gateway).tool);
  const { messages } = turn.transcript;
  if (diagnosis === undefined || messages.some((text) => text.includes(gateway.canaries.database)))
    throw new CheckFailure({
      ...told(turn),
      summary: `${fault}: the tool was called all the same; the fault is not real`,
    });
  if (diagnosis.cause !== cause) {
    throw new CheckFailure({
      ...told(turn),
      summary: `${fault}: the cause that shows is ${diagnosis.cause}, not ${cause}`,
      cause: diagnosis.sentence,
    });
  }
  if (loud && (turn.exitCode === 0 || messages.length > 0)) {
    throw new CheckFailure({
      ...told(turn),
      summary: `${fault}: Codex ends with ${turn.exitCode}${messages.length > 0 ? ", and answers without its tools" : ""}`,
      cause: "without required = true Codex goes on without its tools, and the model makes an answer up",
      location: lineOf(agent.config, `[mcp_servers.${agent.config.server}]`),
    });
  }
  evidence.finding(
    `${fault}: Codex ends with exit code ${turn.exitCode} and ${messages.length > 0 ? `says "${shown(messages.at(-1))}"` : `shows "${shown(lastError(turn))}"`}. ` +
      `Diagnosis: ${diagnosis.sentence}`,
  );
}

function lastError({ stderr, transcript }: CodexTurn): string | undefined {
  return stderr.trim().split("\n").at(-1) ?? transcript.errors.at(-1);
}

/** The cause stands at the end of Codex's chains of errors, behind its own types' names. */
function shown(text = ""): string {
  const plain = text.replaceAll(/\[[\w:<>, ]+\]/g, "[…]").replaceAll(/\s+/g, " ");
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}
