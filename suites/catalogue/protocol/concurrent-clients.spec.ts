import { randomUUID } from "node:crypto";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { hiddenBy } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { serverPath } from "../../../helpers/deployment/policy/mcp-paths.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { check } from "../../runner/check.ts";
import { callEvidence, callTool } from "../support/compare-calls.ts";
import { whyNotCalled } from "../support/listings.ts";
import { catalogueName, clientEvidence, resultFrom, toolsOf, withClient } from "../support/mcp-client.ts";

const clients = 20;

/** The tool of the directory's upstream that the stdio clients call. */
const tool = "read_text_file";

check({
  id: "CAT-13/twenty-clients-http",
  requirements: ["CAT-13"],
  title: "twenty concurrent clients get the same catalogue and each its own results",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const servers = ["unwell", "twins"];
    const path = testGateway.endpoint(...servers);
    const expected = await Promise.all(
      servers.map(async (server) => {
        const tools = await toolsOf(`the upstream ${server}`, testGateway.upstream(server));
        return tools.map(({ name }) => catalogueName(testGateway, server, name));
      }),
    );
    const name = catalogueName(testGateway, "unwell", "answer");
    await forEachCase(
      "each client gets the catalogue and its own result",
      Array.from({ length: clients }, () => randomUUID()),
      (token) => `the client with the token ${token}`,
      async (token) => {
        const [tools, answer] = await withClient(path, testGateway.mcp(...servers), (client) =>
          Promise.all([
            resultFrom(`tools/list at ${path}`, listTools(client)),
            callTool(client, name, { token }, testGateway.http),
          ]),
        );
        const different = differences(expected.flat().sort(), tools.map((tool) => tool.name).sort());
        if (different.length > 0) {
          throw new CheckFailure({
            summary: "the catalogue is not what the upstreams offer",
            code: "other-catalogue",
            expected: `${expected.flat().length} tools`,
            actual: `${tools.length} tools, not the same`,
            cause: "LiteLLM mixes up concurrent requests",
            evidence: clientEvidence(testGateway.http, ['"tools/list"'], { received: different.join("\n") }),
          });
        }
        const text = JSON.stringify(answer.content);
        if (text.includes(`answer got ${token}`)) return;
        throw new CheckFailure({
          summary: "the result is not this client's own",
          code: "other-result",
          expected: `answer got ${token}`,
          actual: text,
          cause: "LiteLLM mixes up the answers of clients that call at the same time",
          evidence: callEvidence(testGateway.http, name, { token }, { received: text }),
        });
      },
    );
  },
});

check({
  id: "CAT-13/twenty-clients-stdio",
  requirements: ["CAT-13"],
  title: "twenty concurrent clients get each its own results from a stdio upstream of the deployment",
  needs: ["gateway", "commands"],
  async run({ gateway }) {
    const { litellmConfig } = gateway.deployment;
    const stdio = litellmConfig.upstreams.filter(({ transport }) => transport === "stdio");
    const { name: server, directory } =
      gateway.policy.upstreams.find(
        (one) => one.directory !== undefined && stdio.some(({ name }) => name === one.name),
      ) ?? {};
    if (server === undefined || directory === undefined)
      throw new NotSupported("no stdio upstream of the policy has a directory");
    if (hiddenBy(litellmConfig, server, tool) !== undefined)
      throw new NotSupported(`the deployment hides ${tool} of ${server}`);
    const folder = `${directory}/many-clients`;
    const files = Array.from({ length: clients }, (_, index) => ({
      path: `${folder}/${index}.txt`,
      content: randomUUID(),
    }));
    const script = files.map(({ path, content }) => `printf %s ${content} > ${path}`).join("\n");
    const written = await gateway.run("litellm", ["sh", "-ec", `mkdir -p ${folder}\n${script}`]);
    if (written.exitCode !== 0) throw new NotSupported(`nothing can be written to ${directory} in LiteLLM's container`);
    const path = serverPath(gateway.policy, server);
    const name = catalogueName(gateway, server, tool);
    await withClient(path, gateway.mcp(gateway.masterKey, path), async (client) => {
      await forEachCase(
        "each call gets its own file",
        files,
        (file) => file.path,
        async (file) => {
          const answer = await callTool(client, name, { path: file.path }, gateway.http);
          const text = JSON.stringify(answer.content);
          if (text.includes(file.content)) return;
          throw new CheckFailure({
            summary: "the content is another file's, or there is none",
            code: "other-result",
            expected: file.content,
            actual: text,
            cause: "LiteLLM mixes up the answers of calls that are made at the same time",
            ...(await whyNotCalled(gateway, name)),
            evidence: callEvidence(gateway.http, name, { path: file.path }, { received: text }),
          });
        },
      );
    });
  },
});
