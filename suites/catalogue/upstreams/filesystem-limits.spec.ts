import { randomUUID } from "node:crypto";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { PolicyUpstream } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { catalogueName, withClient } from "../support/listings.ts";

/** A way out of the allowed directory, and what lies at its end. */
interface Escape {
  name: string;
  tool: string;
  input: Record<string, unknown>;
}

check({
  id: "CAT-14/filesystem-allowed-directory",
  requirements: ["CAT-14"],
  title: "the filesystem upstream serves what is inside its allowed directory and nothing else",
  needs: ["gateway", "commands", "canaries"],
  async run({ gateway, evidence }) {
    const { name, directory } = filesystem(gateway);
    const secret = `out of bounds ${randomUUID()}`;
    const mark = randomUUID().slice(0, 8);
    const inside = `${directory}/limits-${mark}`;
    // Named so that a comparison by prefix takes it for the allowed directory.
    const beside = `${directory}-limits-${mark}`;
    await gateway.run("litellm", [
      "sh",
      "-c",
      // A file of its own to move: where it can be moved out, other checks still want the canary.
      `mkdir -p ${inside} ${beside} && printf %s '${secret}' > ${beside}/secret.txt && echo > ${inside}/own.txt && ` +
        `ln -s ${beside}/secret.txt ${inside}/link.txt && ln -s ${beside} ${inside}/folder`,
    ]);
    await withClient(gateway.mcp(gateway.masterKey, `${gateway.policy.mcp.endpoint}${name}`), async (client) => {
      const ask = (tool: string, input: Record<string, unknown>): Promise<string> => call(client, name, tool, input);
      const { file } = gateway.canaries;
      const control = await ask("read_text_file", { path: `${directory}/${file.name}` });
      if (!control.includes(file.content)) {
        throw new CheckFailure({
          summary: "the control fails: a file inside of the allowed directory can't be read",
          evidence: { received: control },
          cause: "the directory of the policy is not the one in the upstream's arguments",
          location: filesystem(gateway).location,
        });
      }
      const escapes: Escape[] = [
        ...[
          `${beside}/secret.txt`,
          `${inside}/../../${beside.split("/").at(-1)}/secret.txt`,
          `${directory}/../${beside.split("/").slice(2).join("/")}/secret.txt`,
          `${inside}/link.txt`,
          `${inside}/folder/secret.txt`,
          `${directory}/%2e%2e/${beside.split("/").at(-1)}/secret.txt`,
          `${directory.toUpperCase()}-LIMITS-${mark}/secret.txt`,
          `file://${beside}/secret.txt`,
        ].map((path) => ({ name: `read ${path}`, tool: "read_text_file", input: { path } })),
        { name: "list beside", tool: "list_directory", input: { path: beside } },
        { name: "write beside", tool: "write_file", input: { path: `${beside}/new.txt`, content: secret } },
        {
          name: "write over a link",
          tool: "write_file",
          input: { path: `${inside}/link.txt`, content: "overwritten" },
        },
        {
          name: "move out",
          tool: "move_file",
          input: { source: `${inside}/own.txt`, destination: `${beside}/moved.txt` },
        },
        { name: "make beside", tool: "create_directory", input: { path: `${beside}/made` } },
      ];
      await forEachCase(
        "a path out of the allowed directory is refused",
        escapes,
        (one) => one.name,
        async ({ tool, input }) => {
          const answer = await ask(tool, input);
          if (!answer.includes(secret) && /denied|ENOENT|no such file|outside|error/i.test(answer)) return;
          throw new CheckFailure({
            summary: `${tool} with ${JSON.stringify(input)} is not refused`,
            evidence: { received: answer },
            cause: "the upstream's allowed directory is wider than the policy says, or it compares paths by prefix",
            location: filesystem(gateway).location,
          });
        },
      );
      const left = await gateway.run("litellm", ["sh", "-c", `ls ${beside}; cat ${beside}/secret.txt`]);
      if (left.stdout !== `secret.txt\n${secret}`) {
        throw new CheckFailure({
          summary: "something outside of the allowed directory was changed, whatever the answers say",
          evidence: { received: left.stdout + left.stderr },
          cause: "the upstream writes where it must not",
        });
      }
      evidence.finding(
        `The filesystem upstream serves ${directory} and nothing else: ${escapes.length} ways out of it were refused ` +
          "(dot segments, absolute paths, links, look-alike names, encodings, writing and moving), and nothing outside had changed.",
      );
    });
  },
});

function filesystem(gateway: GatewayTarget): PolicyUpstream & { directory: string } {
  const upstream = gateway.policy.upstreams.find((one) => one.directory !== undefined);
  if (upstream?.directory === undefined)
    throw new CheckFailure({ summary: "the policy names no upstream with a directory" });
  const location = gateway.deployment.litellmConfig.upstreams.find((one) => one.name === upstream.name)?.location;
  return { ...upstream, directory: upstream.directory, location: location ?? upstream.location };
}

/** All that the answer says; an error of the protocol counts as one. */
async function call(client: Client, server: string, tool: string, input: Record<string, unknown>): Promise<string> {
  try {
    const answer = await client.callTool({ name: catalogueName(server, tool), arguments: input }, undefined, {
      timeout: deadlines.mcpRequest,
    });
    return JSON.stringify(answer.content);
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}
