import { randomUUID } from "node:crypto";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { commandEvidence } from "../../../helpers/checks/evidence.ts";
import { serverLine } from "../../../helpers/deployment/litellm/blame.ts";
import { serverPath } from "../../../helpers/deployment/policy/mcp-paths.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { callEvidence } from "../support/compare-calls.ts";
import { whyNotCalled } from "../support/listings.ts";
import { answerText, catalogueName, withClient } from "../support/mcp-client.ts";

check({
  id: "CAT-14/filesystem-allowed-directory",
  requirements: ["CAT-14"],
  title: "the filesystem upstream serves what is inside its allowed directory and nothing else",
  needs: ["gateway", "commands", "canaries"],
  async run({ gateway, evidence }) {
    const upstream = filesystemUpstream(gateway);
    const { name, directory, tools, location } = upstream;
    const part = gateway.partOfUpstream(name);
    const files = await createTestFiles(gateway, part, directory);
    const path = serverPath(gateway.policy, name);
    await withClient(path, gateway.mcp(gateway.masterKey, path), async (client) => {
      await expectReadable(gateway, client, upstream);
      const attempts = escapes(directory, files).filter(({ tool }) => tools.includes(tool));
      await forEachCase(
        "a path outside of the allowed directory is refused",
        attempts,
        (one) => one.name,
        async ({ tool, input }) => {
          const answer = await answerText(client, catalogueName(gateway, name, tool), input);
          if (!answer.includes(files.secret) && /denied|ENOENT|no such file|outside|error/i.test(answer)) return;
          throw new CheckFailure({
            summary: `${tool} with ${JSON.stringify(input)} is not refused`,
            code: "not-refused",
            expected: "an error, and nothing from outside of the allowed directory",
            actual: answer,
            cause: "the upstream's allowed directory is wider than the policy's, or it compares paths by prefix",
            location,
            evidence: callEvidence(gateway.http, catalogueName(gateway, name, tool), input, { received: answer }),
          });
        },
      );
      await expectUntouched(gateway, part, files);
      evidence.finding(
        `The filesystem upstream serves ${directory} and nothing else: it refused ${attempts.length} ways out ` +
          "(dot segments, absolute paths, links, look-alike names, encodings, writing and moving), and nothing outside was changed.",
      );
    });
  },
});

/** Files inside and outside of the allowed directory. */
interface TestFiles {
  mark: string;
  /** The content of `secret.txt` in {@link outside}. */
  secret: string;
  /** Inside of the allowed directory: a file to move, and links that lead out. */
  inside: string;
  /** Outside of the allowed directory. */
  outside: string;
}

/** A way out of the allowed directory. */
interface Escape {
  name: string;
  tool: string;
  input: Record<string, unknown>;
}

function filesystemUpstream({ policy, deployment }: GatewayTarget): {
  name: string;
  directory: string;
  tools: readonly string[];
  location: SourceLocation;
} {
  const upstream = policy.upstreams.find(
    (one) =>
      one.directory !== undefined && one.tools.includes("read_text_file") && !one.standIn && one.leftOut === undefined,
  );
  if (upstream?.directory === undefined)
    throw new NotSupported("the policy names no upstream with a directory and the tool read_text_file");
  const { name, directory, tools } = upstream;
  // The arguments, where they do not name the directory.
  return { name, directory, tools, location: serverLine(deployment, name)?.location ?? upstream.location };
}

async function createTestFiles(gateway: GatewayWith<"commands">, part: string, directory: string): Promise<TestFiles> {
  const mark = randomUUID().slice(0, 8);
  const files = {
    mark,
    secret: `out of bounds ${randomUUID()}`,
    inside: `${directory}/limits-${mark}`,
    // A comparison by prefix takes this name for the allowed directory.
    outside: `${directory}-limits-${mark}`,
  };
  const { secret, inside, outside } = files;
  await gateway.run(part, [
    "sh",
    "-c",
    // The move has a file of its own: other checks need the canary where it is.
    `mkdir -p ${inside} ${outside} && printf %s '${secret}' > ${outside}/secret.txt && echo > ${inside}/own.txt && ` +
      `ln -s ${outside}/secret.txt ${inside}/link.txt && ln -s ${outside} ${inside}/folder`,
  ]);
  return files;
}

function escapes(directory: string, { mark, secret, inside, outside }: TestFiles): Escape[] {
  const outsideName = outside.split("/").at(-1);
  const paths = [
    `${outside}/secret.txt`,
    `${inside}/../../${outsideName}/secret.txt`,
    `${directory}/../${outside.split("/").slice(2).join("/")}/secret.txt`,
    `${inside}/link.txt`,
    `${inside}/folder/secret.txt`,
    `${directory}/%2e%2e/${outsideName}/secret.txt`,
    `${directory.toUpperCase()}-LIMITS-${mark}/secret.txt`,
    `file://${outside}/secret.txt`,
  ];
  return [
    ...paths.map((path) => ({ name: `read ${path}`, tool: "read_text_file", input: { path } })),
    { name: "list a directory outside", tool: "list_directory", input: { path: outside } },
    {
      name: "write a file outside",
      tool: "write_file",
      input: { path: `${outside}/new.txt`, content: secret },
    },
    {
      name: "write through a link",
      tool: "write_file",
      input: { path: `${inside}/link.txt`, content: "overwritten" },
    },
    {
      name: "move a file outside",
      tool: "move_file",
      input: { source: `${inside}/own.txt`, destination: `${outside}/moved.txt` },
    },
    { name: "create a directory outside", tool: "create_directory", input: { path: `${outside}/made` } },
  ];
}

/** The control: a file inside of the allowed directory can be read. */
async function expectReadable(
  gateway: GatewayWith<"canaries">,
  client: Client,
  { name, directory, location }: ReturnType<typeof filesystemUpstream>,
): Promise<void> {
  const { file } = gateway.canaries;
  const tool = catalogueName(gateway, name, "read_text_file");
  const input = { path: `${directory}/${file.name}` };
  const answer = await answerText(client, tool, input);
  if (answer.includes(file.content)) return;
  throw new CheckFailure({
    summary: "the control fails: a file inside of the allowed directory cannot be read",
    code: "control-failed",
    expected: "the content of the canary file",
    actual: answer,
    cause: "the policy's directory is not the one in the upstream's arguments",
    location,
    ...(await whyNotCalled(gateway, tool)),
    evidence: callEvidence(gateway.http, tool, input, { received: answer }),
  });
}

/** Nothing outside of the allowed directory was changed, whatever the upstream answered. */
async function expectUntouched(
  gateway: GatewayWith<"commands">,
  part: string,
  { secret, outside }: TestFiles,
): Promise<void> {
  const listed = await gateway.run(part, ["sh", "-c", `ls ${outside}; cat ${outside}/secret.txt`]);
  if (listed.stdout === `secret.txt\n${secret}`) return;
  throw new CheckFailure({
    summary: "something outside of the allowed directory was changed, although the upstream reported errors",
    code: "changed-outside",
    expected: "secret.txt with its content, and nothing else",
    actual: listed.stdout,
    cause: "the upstream writes where it must not",
    evidence: commandEvidence(listed),
  });
}
