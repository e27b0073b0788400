import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { expectSameFields } from "../support/compare-tools.ts";
import { catalogueName, clientEvidence, toolsOf } from "../support/mcp-client.ts";

check({
  id: "CAT-02/http-upstream-listed",
  requirements: ["CAT-02"],
  title: "every tool of an upstream over streamable HTTP is listed",
  needs: ["testGateway"],
  async run({ testGateway }) {
    await expectAllListed(testGateway, "suite_everything");
  },
});

check({
  id: "CAT-02/paginated-upstream",
  requirements: ["CAT-02"],
  title: "every page of a paginated upstream is listed",
  needs: ["testGateway"],
  async run({ testGateway }) {
    await expectAllListed(testGateway, "pages");
  },
});

check({
  id: "CAT-02/duplicate-tool-name",
  requirements: ["CAT-02"],
  title: "a name that an upstream offers twice is offered once",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const { offered } = await bothListings(testGateway, "twins");
    const names = offered.map(({ name }) => name);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    if (names.length > 0 && twice.length === 0) return;
    throw new CheckFailure({
      summary: "the names of an upstream that offers one name twice are not listed once each",
      code: names.length === 0 ? "no-tools" : "duplicate-tools",
      expected: "each name once",
      actual: names.length === 0 ? "0 tools" : `${twice.join(", ")} twice`,
      cause: names.length === 0 ? "LiteLLM drops the whole listing" : "LiteLLM forwards names without comparing them",
      evidence: clientEvidence(testGateway.http, ['"tools/list"'], {
        sent: `tools/list at ${testGateway.endpoint("twins")}`,
        received: names.join("\n"),
      }),
    });
  },
});

check({
  id: "CAT-03/http-upstream-fields",
  requirements: ["CAT-03"],
  title: "the tools of an upstream over streamable HTTP arrive with all their fields",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const { offered, direct } = await bothListings(testGateway, "unwell");
    const upstream = { name: "unwell", tools: direct };
    expectSameFields(
      testGateway,
      offered,
      [upstream],
      ["description", "inputSchema"],
      "LiteLLM changes what it forwards",
      evidence,
    );
  },
});

async function bothListings(testGateway: TestGateway, name: string): Promise<{ offered: Tool[]; direct: Tool[] }> {
  const [offered, direct] = await Promise.all([
    toolsOf(testGateway.endpoint(name), testGateway.mcp(name)),
    toolsOf(`the upstream ${name}`, testGateway.upstream(name)),
  ]);
  if (direct.length > 0) return { offered, direct };
  throw new CheckFailure({
    summary: `the upstream ${name} itself offers no tools`,
    code: "nothing-to-compare",
    expected: "at least one tool",
    actual: "0 tools",
  });
}

async function expectAllListed(testGateway: TestGateway, name: string): Promise<void> {
  const { offered, direct } = await bothListings(testGateway, name);
  const found = offered.map((tool) => tool.name);
  const missing = direct
    .map((tool) => catalogueName(testGateway, name, tool.name))
    .filter((tool) => !found.includes(tool));
  if (missing.length === 0 && found.length === direct.length) return;
  const repeated = /400 Bad Request.*everything/.test(await testGateway.log("litellm"));
  throw new CheckFailure({
    summary: `not every tool of the upstream ${name} is listed, or more than it offers`,
    code: missing.length === 0 ? "extra-tools" : "missing-tools",
    expected: `${direct.length} tools`,
    actual: `${found.length} tools`,
    cause:
      name === "suite_everything" && repeated
        ? "the upstream answers 400 to LiteLLM, which sends MCP-Protocol-Version twice"
        : "LiteLLM does not read the upstream's listing to its end",
    evidence: clientEvidence(testGateway.http, ['"tools/list"'], {
      sent: `tools/list at ${testGateway.endpoint(name)}`,
      received: missing.map((tool) => `- ${tool} (missing)`).join("\n"),
    }),
  });
}
