import { randomUUID } from "node:crypto";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import {
  catalogueName,
  expectedTools,
  hiddenBy,
  readServers,
} from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import type { UpstreamConfig } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { listings } from "../support/listings.ts";
import { answerText, clientEvidence, toolsOf, withClient } from "../support/mcp-client.ts";

/** The hostile upstream's behaviour behind every server with a filter or an alias. */
const behaviour = "unwell";

check({
  id: "CAT-24/alias-and-tool-filters",
  requirements: ["CAT-24"],
  title: "an alias, allowed_tools and disallowed_tools do what the running version documents",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const { litellmConfig } = testGateway.deployment;
    const servers = readServers(testGateway.filteredServers, litellmConfig);
    const own = (await toolsOf(`the upstream ${behaviour}`, testGateway.upstream(behaviour))).map(({ name }) => name);
    const naming = { separator: litellmConfig.separator, upstreams: servers };
    for (const server of servers) {
      await expectNames(testGateway, server, expectedTools(naming, server.name, own));
      await expectCalls(testGateway, server, { naming, own });
    }
    const named = servers.map(({ name, prefix }) => `${name} as ${prefix.value}`).join(", ");
    evidence.finding(
      `LiteLLM ${litellmConfig.version} lists and calls exactly the tools that its settings leave: ${named}.`,
    );
  },
});

check({
  id: "CAT-24/deployment-settings",
  requirements: ["CAT-24"],
  title: "the deployment's aliases, separator and tool filters give the catalogue that is derived from them",
  needs: ["gateway", "direct-upstreams"],
  async run({ gateway, evidence }) {
    const { litellmConfig } = gateway.deployment;
    const { separator, upstreams } = litellmConfig;
    const settings = upstreams.filter(
      ({ name, prefix, tools }) =>
        prefix.value !== name || tools.allowed !== undefined || tools.disallowed !== undefined,
    );
    if (settings.length === 0 && separator === "-")
      evidence.notSupported(
        "the deployment has no alias, no other separator and no tool filter that its LiteLLM reads",
      );
    const { offered, direct } = await listings(gateway);
    const found = offered.map(({ name }) => name);
    for (const { name, tools } of direct) {
      const own = tools.map((tool) => tool.name);
      const expected = expectedTools(litellmConfig, name, own);
      const server = upstreams.find((one) => one.name === name);
      const missing = expected.filter((tool) => !found.includes(tool));
      const shown = own.filter(
        (tool) =>
          hiddenBy(litellmConfig, name, tool) !== undefined && found.includes(catalogueName(litellmConfig, name, tool)),
      );
      if (missing.length === 0 && shown.length === 0) continue;
      throw new CheckFailure({
        summary: `the tools of ${name} are not listed as its settings say`,
        code: missing.length > 0 ? "missing-tools" : "hidden-tools-listed",
        expected: expected.join(", "),
        actual: missing.length > 0 ? `without ${missing.join(", ")}` : `with ${shown.join(", ")}`,
        cause: `LiteLLM ${litellmConfig.version} reads the alias, the separator or the filter in another way`,
        location: server?.tools.allowed?.location ?? server?.tools.disallowed?.location ?? server?.prefix.location,
      });
    }
    const names = settings.map(({ name, prefix }) => `${name} as ${prefix.value}${separator}`).join(", ");
    evidence.finding(`The catalogue is the one that the settings give: ${names || `the separator ${separator}`}.`);
  },
});

async function expectNames(
  testGateway: TestGateway,
  server: UpstreamConfig,
  expected: readonly string[],
): Promise<void> {
  const { name } = server;
  const found = (await toolsOf(testGateway.endpoint(name), testGateway.mcp(name))).map((tool) => tool.name);
  const missing = expected.filter((tool) => !found.includes(tool));
  const extra = found.filter((tool) => !expected.includes(tool));
  if (missing.length === 0 && extra.length === 0 && expected.length > 0) return;
  throw new CheckFailure({
    summary: `the server ${name} does not list the tools that its settings leave`,
    code: missing.length > 0 ? "missing-tools" : "extra-tools",
    expected: expected.join(", ") || "at least one tool",
    actual: found.join(", ") || "0 tools",
    cause: "LiteLLM applies the alias or the filter in another way than this version documents",
    evidence: clientEvidence(testGateway.http, ['"tools/list"'], {
      sent: `tools/list at ${testGateway.endpoint(name)}`,
      received: [...missing.map((tool) => `- ${tool} (missing)`), ...extra.map((tool) => `+ ${tool} (extra)`)].join(
        "\n",
      ),
    }),
  });
}

/** A listed tool can be called by its name in the catalogue; the call of a hidden one does not reach the upstream. */
async function expectCalls(
  testGateway: TestGateway,
  { name }: UpstreamConfig,
  { naming, own }: { naming: Parameters<typeof hiddenBy>[0]; own: readonly string[] },
): Promise<void> {
  const listed = own.find((tool) => tool === "answer" && hiddenBy(naming, name, tool) === undefined);
  const hidden = own.find((tool) => hiddenBy(naming, name, tool) !== undefined);
  await withClient(testGateway.endpoint(name), testGateway.mcp(name), async (client) => {
    for (const tool of [listed, hidden]) {
      if (tool === undefined) continue;
      const token = randomUUID();
      const called = catalogueName(naming, name, tool);
      const answer = await answerText(client, called, { token });
      const isReached = (await testGateway.received(token)).length > 0;
      const isMeant = tool === listed;
      if (isReached === isMeant) continue;
      throw new CheckFailure({
        summary: isMeant ? `the listed tool ${called} can't be called` : `the hidden tool ${called} can be called`,
        code: isMeant ? "not-callable" : "hidden-tool-callable",
        expected: isMeant ? "the call in the upstream's journal" : "no call in the upstream's journal",
        actual: isMeant ? answer : "the call reached the upstream",
        cause: isMeant ? "LiteLLM does not find the server by this name" : "LiteLLM filters its listing only",
        evidence: clientEvidence(testGateway.http, ['"tools/call"', token], {
          sent: `tools/call of ${called}`,
          received: answer,
        }),
      });
    }
  });
}
