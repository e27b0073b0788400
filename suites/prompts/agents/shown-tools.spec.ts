import { isNameOf } from "../../../helpers/agents/agent-diagnosis.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { clientCatalogue } from "../clients/client-task.ts";
import { lineOf } from "../support/codex-config.ts";
import { codexTurn, turnEnd, turnEvidence } from "../support/codex-turn.ts";

check({
  id: "PROMPT-10/shown-tools",
  requirements: ["PROMPT-10"],
  title: "the MCP tools that the model is offered are those of the catalogue, and no others",
  needs: ["gateway", "commands", "scripted-model"],
  async run({ gateway, evidence }) {
    const { agent, turn } = await codexTurn(gateway, evidence, {
      name: "shown-tools",
      prompt: "What can you do?",
      turns: () => [{ say: "That depends on my tools." }],
    });
    const catalogue = await clientCatalogue(gateway);
    const [asked] = turn.journal;
    if (asked === undefined) {
      const diagnosis = await agent.diagnosis(turn, catalogue[0] ?? "");
      throw new CheckFailure({
        summary: "Codex sent no request to the model",
        code: "model-not-asked",
        expected: "a request to the model",
        actual: `none (${turnEnd(turn)})`,
        evidence: turnEvidence(turn),
        ...agent.blame(turn, diagnosis, "unknown"),
      });
    }
    // Codex has tools of its own; those of MCP servers have a prefix.
    const shown = asked.toolsOffered.filter((name) => name.startsWith("mcp__"));
    const own = asked.toolsOffered.filter((name) => !name.startsWith("mcp__"));
    const server = `mcp__${agent.config.server.replaceAll("-", "_")}.`;
    const missing = catalogue.filter((tool) => !shown.some((name) => name.startsWith(server) && isNameOf(name, tool)));
    const extra = shown.filter((name) => !name.startsWith(server) || !catalogue.some((tool) => isNameOf(name, tool)));
    const duplicates = asked.toolsOffered.filter((name, index) => asked.toolsOffered.indexOf(name) !== index);
    if (missing.length + extra.length + duplicates.length > 0) {
      throw new CheckFailure({
        summary: "the model is not offered exactly the catalogue's tools",
        code: missing.length > 0 ? "missing-tools" : extra.length > 0 ? "unexpected-tools" : "duplicate-tools",
        expected: `the catalogue's ${catalogue.length} tools`,
        actual: `${shown.length} MCP tools`,
        evidence: {
          ...turnEvidence(turn),
          received: [
            ...missing.map((name) => `- ${name} (missing)`),
            ...extra.map((name) => `+ ${name} (not in the catalogue)`),
            ...duplicates.map((name) => `! ${name} (more than once)`),
          ].join("\n"),
        },
        cause:
          missing.length === catalogue.length
            ? "the catalogue came too late for the first turn (with required = true Codex waits for it)"
            : extra.length > 0
              ? "the config names a second MCP server"
              : "the config enables or disables tools by name",
        location: lineOf(agent.config, missing.length > 0 ? "_tools" : "[mcp_servers"),
      });
    }
    evidence.finding(
      `The model was offered the catalogue's ${catalogue.length} tools, and ${own.length} of Codex's own: ${own.join(", ")}.`,
    );
  },
});
