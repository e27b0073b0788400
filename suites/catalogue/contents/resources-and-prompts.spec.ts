import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { catalogueName, resultFrom, withClient } from "../support/mcp-client.ts";

const server = "suite_everything";
const options = { timeout: deadlines.mcpRequest };

check({
  id: "CAT-17/prompts",
  requirements: ["CAT-17"],
  title: "prompts that an upstream offers are listed and returned through the gateway",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    await withBoth({ testGateway, evidence }, "prompts", async (through, direct) => {
      const [{ prompts }, { prompts: own }] = await Promise.all([
        resultFrom("prompts/list through the gateway", through.listPrompts({}, options)),
        resultFrom("prompts/list at the upstream", direct.listPrompts({}, options)),
      ]);
      expectSame(
        "the list of prompts is",
        own.map(({ name, ...rest }) => ({ name: catalogueName(testGateway, server, name), ...rest })),
        prompts,
      );
      const [prompt] = own.filter(({ arguments: wanted = [] }) => wanted.every(({ required }) => !required));
      if (prompt === undefined) throw nothingToJudge("a prompt of the upstream that needs no argument");
      const [given, expected] = await Promise.all([
        resultFrom(
          "prompts/get",
          through.getPrompt({ name: catalogueName(testGateway, server, prompt.name) }, options),
        ),
        resultFrom("prompts/get at the upstream", direct.getPrompt({ name: prompt.name }, options)),
      ]);
      expectSame(`the messages of the prompt ${prompt.name} are`, expected.messages, given.messages);
    });
  },
});

check({
  id: "CAT-17/resources",
  requirements: ["CAT-17"],
  title: "resources that an upstream offers are listed and read through the gateway",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    await withBoth({ testGateway, evidence }, "resources", async (through, direct) => {
      const [{ resources }, { resources: own }] = await Promise.all([
        resultFrom("resources/list through the gateway", through.listResources({}, options)),
        resultFrom("resources/list at the upstream", direct.listResources({}, options)),
      ]);
      const uris = own.map(({ uri }) => uri);
      const found = resources.map(({ uri }) => uri).slice(0, uris.length);
      expectSame("the first page of resources is", uris, found);
      const [first] = uris;
      if (first === undefined) throw nothingToJudge("a resource of the upstream");
      const [read, expected] = await Promise.all([
        resultFrom("resources/read through the gateway", through.readResource({ uri: first }, options)),
        resultFrom("resources/read at the upstream", direct.readResource({ uri: first }, options)),
      ]);
      expectSame(`the content of the resource ${first} is`, expected.contents, read.contents);
    });
  },
});

/** Connects to the gateway and to the upstream, both of which must announce the capability. */
async function withBoth(
  { testGateway, evidence }: { testGateway: TestGateway; evidence: Evidence },
  capability: "prompts" | "resources",
  work: (through: Client, direct: Client) => Promise<void>,
): Promise<void> {
  await withClient(`the upstream ${server}`, testGateway.upstream(server), (direct) =>
    withClient(testGateway.endpoint(server), testGateway.mcp(server), async (through) => {
      if (direct.getServerCapabilities()?.[capability] === undefined)
        throw nothingToJudge(`${capability} in the handshake of the upstream ${server}`);
      if (through.getServerCapabilities()?.[capability] === undefined)
        evidence.notSupported(`this LiteLLM announces no ${capability} in its handshake, although the upstream does`);
      await work(through, direct);
    }),
  );
}

function nothingToJudge(expected: string): CheckFailure {
  return new CheckFailure({
    summary: "the test upstream offers nothing to compare",
    code: "nothing-to-compare",
    expected,
    actual: "none",
  });
}

function expectSame(subject: string, expected: unknown, found: unknown): void {
  const different = differences(expected, found);
  const [first] = different;
  if (first === undefined) return;
  throw new CheckFailure({
    summary: `${subject} not the upstream's`,
    code: "changed",
    expected: "what the upstream answers directly",
    actual: first,
    cause: "LiteLLM changes or does not find what the upstream offers in addition to tools",
    evidence: { received: different.join("\n") },
  });
}
