import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { catalogueName, withClient } from "../support/listings.ts";

const server = "everything";
const options = { timeout: deadlines.mcpRequest };

check({
  id: "CAT-17/prompts",
  requirements: ["CAT-17"],
  title: "prompts that an upstream offers are listed and returned through the gateway",
  needs: ["testGateway"],
  async run({ testGateway: trial, evidence }) {
    await bothWays({ trial, evidence }, "prompts", async (through, direct) => {
      const [{ prompts }, { prompts: own }] = await Promise.all([
        through.listPrompts({}, options),
        direct.listPrompts({}, options),
      ]);
      expectSame(
        "the prompts",
        own.map(({ name, ...rest }) => ({ name: catalogueName(server, name), ...rest })),
        prompts,
      );
      const [prompt] = own.filter(({ arguments: wanted = [] }) => wanted.every(({ required }) => !required));
      if (prompt === undefined)
        throw new CheckFailure({ summary: "the upstream has no prompt that needs no argument" });
      const [given, expected] = await Promise.all([
        through.getPrompt({ name: catalogueName(server, prompt.name) }, options),
        direct.getPrompt({ name: prompt.name }, options),
      ]);
      expectSame(`the prompt ${prompt.name}`, expected.messages, given.messages);
    });
  },
});

check({
  id: "CAT-17/resources",
  requirements: ["CAT-17"],
  title: "resources that an upstream offers are listed and read through the gateway",
  needs: ["testGateway"],
  async run({ testGateway: trial, evidence }) {
    await bothWays({ trial, evidence }, "resources", async (through, direct) => {
      const [{ resources }, { resources: own }] = await Promise.all([
        through.listResources({}, options),
        direct.listResources({}, options),
      ]);
      const uris = own.map(({ uri }) => uri);
      expectSame("the resources of the first page", uris, resources.map(({ uri }) => uri).slice(0, uris.length));
      const [first] = uris;
      if (first === undefined) throw new CheckFailure({ summary: "the upstream itself has no resource" });
      const [read, expected] = await Promise.all([
        through.readResource({ uri: first }, options),
        direct.readResource({ uri: first }, options),
      ]);
      expectSame(`the resource ${first}`, expected.contents, read.contents);
    });
  },
});

async function bothWays(
  { trial, evidence }: { trial: TestGateway; evidence: Evidence },
  kind: "prompts" | "resources",
  work: (through: Client, direct: Client) => Promise<void>,
): Promise<void> {
  await withClient(trial.upstream(server), (direct) =>
    withClient(trial.mcp(server), async (through) => {
      if (direct.getServerCapabilities()?.[kind] === undefined)
        throw new CheckFailure({ summary: `the upstream itself announces no ${kind}` });
      if (through.getServerCapabilities()?.[kind] === undefined)
        evidence.notSupported(`this LiteLLM announces no ${kind} in its handshake, though the upstream does`);
      await work(through, direct);
    }),
  );
}

function expectSame(what: string, expected: unknown, found: unknown): void {
  const different = differences(expected, found);
  if (different.length === 0) return;
  throw new CheckFailure({
    summary: `${what} are not the upstream's`,
    evidence: { received: different.join("\n") },
    cause: "LiteLLM changes, or does not find, what the upstream offers besides tools",
  });
}
