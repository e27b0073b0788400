import { randomUUID } from "node:crypto";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { check } from "../../runner/check.ts";
import { catalogueName, withClient } from "../support/listings.ts";

const clients = 20;

check({
  id: "CAT-13/twenty-clients-http",
  requirements: ["CAT-13"],
  title: "twenty concurrent clients get the same catalogue and each its own results",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const servers = ["unwell", "twins"];
    const own = await Promise.all(servers.map((server) => withClient(trial.upstream(server), listTools)));
    const expected = own.flatMap((tools, index) => tools.map(({ name }) => catalogueName(servers[index] ?? "", name)));
    const tokens = Array.from({ length: clients }, () => randomUUID());
    await forEachCase(
      "each client gets the catalogue and its own result",
      tokens,
      (token) => `the client of ${token}`,
      async (token) => {
        await withClient(trial.mcp(...servers), async (client) => {
          const [tools, answer] = await Promise.all([
            listTools(client),
            client.callTool({ name: catalogueName("unwell", "answer"), arguments: { token } }, undefined, {
              timeout: deadlines.mcpRequest,
            }),
          ]);
          const different = differences(expected.toSorted(), tools.map(({ name }) => name).sort());
          if (different.length > 0) {
            throw new CheckFailure({
              summary: "the catalogue is another one than the upstreams offer",
              evidence: { received: different.join("\n") },
              cause: "requests meet inside of LiteLLM",
            });
          }
          const text = JSON.stringify(answer.content);
          if (text.includes(`answer got ${token}`)) return;
          throw new CheckFailure({
            summary: "the result is not this client's own",
            evidence: { sent: token, received: text },

            cause: "LiteLLM mixes up the answers of clients that call at once",
          });
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
    const { name, directory } = gateway.policy.upstreams.find((one) => one.directory !== undefined) ?? {};
    if (name === undefined || directory === undefined)
      throw new CheckFailure({ summary: "the policy names no upstream with a directory" });
    const folder = `${directory}/many-clients`;
    const files = Array.from({ length: clients }, (_, index) => ({
      path: `${folder}/${index}.txt`,
      text: randomUUID(),
    }));
    const script = files.map(({ path, text }) => `printf %s ${text} > ${path}`).join("\n");
    await gateway.run("litellm", ["sh", "-c", `mkdir -p ${folder}\n${script}`]);
    const path = `${gateway.policy.mcp.endpoint}${name}`;
    await withClient(gateway.mcp(gateway.masterKey, path), async (client) => {
      await forEachCase(
        "each call gets its own file",
        files,
        (file) => file.path,
        async (file) => {
          const answer = await client.callTool(
            { name: catalogueName(name, "read_text_file"), arguments: { path: file.path } },
            undefined,
            { timeout: deadlines.mcpRequest },
          );
          const text = JSON.stringify(answer.content);
          if (text.includes(file.text)) return;
          throw new CheckFailure({ summary: "the content is another file's, or none", evidence: { received: text } });
        },
      );
    });
  },
});
