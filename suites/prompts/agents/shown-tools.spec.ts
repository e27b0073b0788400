import { isNameOf } from "../../../helpers/agents/agent-diagnosis.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { catalogue } from "../clients/visit.ts";
import { aimOf, keysOf, lineOf } from "../support/codex-config.ts";
import { codexTurn, told } from "../support/codex-turn.ts";

check({
  id: "PROMPT-10/shown-tools",
  requirements: ["PROMPT-10"],
  title: "the MCP tools that the model is offered are those of the catalogue, and no others",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { agent, turn } = await codexTurn(gateway, evidence, {
      name: "shown-tools",
      prompt: "What can you do?",
      turns: () => [{ say: "That depends on my tools." }],
    });
    const offered = await catalogue(gateway, aimOf(agent.config, keysOf(gateway, agent.config)).key);
    const [asked] = turn.journal;
    if (asked === undefined) {
      const diagnosis = await agent.diagnosis(turn, offered[0] ?? "");
      throw new CheckFailure({
        ...told(turn),
        summary: "Codex never asked the model",
        cause: diagnosis?.sentence ?? "",
        location: lineOf(agent.config, "url ="),
      });
    }
    // Codex has tools of its own; those of MCP servers stand in namespaces that say so.
    const shown = asked.toolsOffered.filter((name) => name.startsWith("mcp__"));
    const own = asked.toolsOffered.filter((name) => !name.startsWith("mcp__"));
    const server = `mcp__${agent.config.server.replaceAll("-", "_")}.`;
    const missing = offered.filter((tool) => !shown.some((name) => name.startsWith(server) && isNameOf(name, tool)));
    const extra = shown.filter((name) => !name.startsWith(server) || !offered.some((tool) => isNameOf(name, tool)));
    const twice = asked.toolsOffered.filter((name, index) => asked.toolsOffered.indexOf(name) !== index);
    if (missing.length + extra.length + twice.length > 0) {
      throw new CheckFailure({
        ...told(turn),
        summary: `the model is shown ${shown.length} MCP tools where the catalogue has ${offered.length}`,
        evidence: {
          received: [
            ...missing.map((name) => `- ${name} (missing)`),
            ...extra.map((name) => `+ ${name} (not the catalogue's)`),
            ...twice.map((name) => `! ${name} (twice)`),
          ].join("\n"),
        },
        cause:
          missing.length === offered.length
            ? "the catalogue came too late for the first turn (required = true waits for it)"
            : extra.length > 0
              ? "the config names a second MCP server"
              : "the config names tools to enable or to disable",
        location: lineOf(agent.config, missing.length > 0 ? "_tools" : "[mcp_servers"),
      });
    }
    evidence.finding(
      `The model was shown the catalogue's ${offered.length} tools, and ${own.length} of Codex's own: ${own.join(", ")}.`,
    );
  },
});
