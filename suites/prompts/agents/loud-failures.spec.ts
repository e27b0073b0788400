import type { Clients } from "../../../containers/targets/clients.ts";
import type { GatewayWith } from "../../../containers/targets/needs.ts";
import type { Cause } from "../../../helpers/agents/agent-diagnosis.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { unknownKey } from "../../../helpers/deployment/source/canaries.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { codexConfig, lineOf } from "../support/codex-config.ts";
import { type AgentGateway, type CodexAgent, type CodexTurn, codexTurn, turnEvidence } from "../support/codex-turn.ts";
import { canaryCall } from "../support/policy-lookup.ts";

/** A fault of the gateway, and what must come of it. */
interface ExpectedFailure {
  fault: Parameters<Clients["origin"]>[0] | "wrong-key";
  cause: Cause;
  /**
   * Whether Codex itself must end with an error, given `required = true` in its config. No client can tell an empty
   * catalogue from a gateway without tools: there only the suite's diagnosis can name the cause.
   */
  endsWithError: boolean;
}

const expectedFailures: readonly ExpectedFailure[] = [
  { fault: "wrong-key", cause: "wrong-key", endsWithError: true },
  { fault: "gateway-down", cause: "gateway-down", endsWithError: true },
  { fault: "mcp-404", cause: "mcp-not-found", endsWithError: true },
  { fault: "mcp-401", cause: "mcp-refused", endsWithError: true },
  { fault: "mcp-500", cause: "mcp-broken", endsWithError: true },
  { fault: "empty-catalogue", cause: "catalogue-empty", endsWithError: false },
];

check({
  id: "PROMPT-05/named-cause-of-failure",
  requirements: ["PROMPT-05"],
  title: "with a wrong key, no gateway, a broken MCP or an empty catalogue, Codex's run fails with a named cause",
  needs: ["gateway", "clients", "canaries", "commands", "scripted-model"],
  async run({ gateway, clients, evidence }) {
    // Control: through the same front without a fault, the call works.
    const { agent, turn } = await turnWithFault(gateway, clients, evidence, "none");
    await agent.expectCall(turn, canaryCall(gateway).call.tool);
    if (agent.config.file === undefined)
      evidence.finding(
        "Codex has a config of the suite's own: whether the users' configs say required = true is not proved.",
      );
    await forEachCase(
      "Codex's run fails with a named cause when the gateway fails",
      expectedFailures,
      ({ fault }) => fault,
      async (expected) => {
        const failed = await turnWithFault(gateway, clients, evidence, expected.fault);
        await expectFailure(gateway, evidence, failed, expected);
      },
    );
  },
});

check({
  id: "PROMPT-05/late-catalogue",
  requirements: ["PROMPT-05"],
  title:
    "a catalogue that is slower than the first turn fails Codex's run, and is detected where `required` is missing",
  needs: ["gateway", "clients", "canaries", "commands", "scripted-model"],
  async run({ gateway, clients, evidence }) {
    // Shorter than the deployment's, to shorten the check: what happens when the time is over is the same.
    const withShortTimeout = (text: string): string =>
      text.replace(/^startup_timeout_sec *=.*$/m, "startup_timeout_sec = 5");
    await clients.holdCatalogue();
    const [required, notRequired] = await Promise.all([
      turnWithFault(gateway, clients, evidence, "late-catalogue", { name: "late-catalogue", change: withShortTimeout }),
      turnWithFault(gateway, clients, evidence, "late-catalogue", {
        name: "late-catalogue-not-required",
        change: (text) => withShortTimeout(text).replace(/^required *=.*$/m, ""),
      }),
    ]);
    await clients.releaseCatalogue();
    const late = { fault: "late-catalogue", cause: "catalogue-late" } as const;
    await Promise.all([
      expectFailure(gateway, evidence, required, { ...late, endsWithError: true }),
      expectFailure(gateway, evidence, notRequired, { ...late, endsWithError: false }),
    ]);
  },
});

interface AgentTurn {
  agent: CodexAgent;
  turn: CodexTurn;
}

async function turnWithFault(
  gateway: AgentGateway & GatewayWith<"canaries">,
  clients: Clients,
  evidence: Evidence,
  fault: ExpectedFailure["fault"],
  { name = fault, change = (text: string) => text }: { name?: string; change?: (text: string) => string } = {},
): Promise<AgentTurn> {
  const { mcpUrl, modelUrl } = await codexConfig(gateway);
  const moved = (url: string): string =>
    fault === "wrong-key" ? url : `${clients.origin(fault)}${new URL(url).pathname}`;
  return await codexTurn(gateway, evidence, {
    name: `failing-${name}`,
    prompt: "Use the tool",
    ...(fault === "wrong-key" ? { key: unknownKey } : {}),
    config: (text) => {
      const withFault = change(text).replaceAll(mcpUrl, moved(mcpUrl));
      return fault === "gateway-down" ? withFault.replaceAll(modelUrl, moved(modelUrl)) : withFault;
    },
    turns: () => [{ call: [canaryCall(gateway).call] }, { say: { from: "tool-results" } }],
  });
}

async function expectFailure(
  gateway: GatewayWith<"canaries">,
  evidence: Evidence,
  { agent, turn }: AgentTurn,
  { fault, cause, endsWithError }: ExpectedFailure,
): Promise<void> {
  const diagnosis = await agent.diagnosis(turn, canaryCall(gateway).call.tool);
  const { messages } = turn.transcript;
  const common = { case: fault, evidence: turnEvidence(turn) };
  if (diagnosis === undefined || messages.some((text) => text.includes(canaryCall(gateway).canary)))
    throw new CheckFailure({
      ...common,
      summary: `${fault}: Codex gets the tool's result in spite of the fault`,
      code: "fault-without-effect",
      expected: "no result",
      actual: diagnosis === undefined ? "a completed call" : "the canary in the answer",
      cause: "the request went past the fault front",
    });
  if (diagnosis.cause !== cause) {
    throw new CheckFailure({
      ...common,
      summary: `${fault}: the diagnosis names another cause`,
      code: "wrong-diagnosis",
      expected: cause,
      actual: diagnosis.cause,
      cause: diagnosis.sentence,
      ...(diagnosis.cause === "catalogue-empty" ? followsCatalogue : {}),
    });
  }
  if (endsWithError && (turn.exitCode === 0 || messages.length > 0)) {
    const answered = messages.length > 0 ? " and an answer without the tools" : "";
    throw new CheckFailure({
      ...common,
      summary: `${fault}: Codex's run does not end as a failure`,
      code: "no-error",
      expected: "an exit code other than 0, and no answer",
      actual: `exit code ${turn.exitCode}${answered}`,
      cause: "without required = true Codex continues without its tools, and the model invents an answer",
      location: lineOf(agent.config, `[mcp_servers.${agent.config.server}]`),
      fix: "set required = true for this server",
    });
  }
  evidence.finding(
    `${fault}: Codex ends with exit code ${turn.exitCode} and ${messages.length > 0 ? `answers "${quoted(messages.at(-1))}"` : `shows "${quoted(lastError(turn))}"`}. ` +
      `Diagnosis: ${diagnosis.sentence}`,
  );
}

function lastError({ stderr, transcript }: CodexTurn): string | undefined {
  return stderr.trim().split("\n").at(-1) ?? transcript.errors.at(-1);
}

/** Without the names of Codex's own types: the cause is at the end of its chain of errors. */
function quoted(text = ""): string {
  const plain = text.replaceAll(/\[[\w:<>, ]+\]/g, "[…]").replaceAll(/\s+/g, " ");
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}
