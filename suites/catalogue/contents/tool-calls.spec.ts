import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { type CallToolResult, CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import type { UpstreamConfig } from "../../../helpers/deployment/types.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { errorOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { catalogueName, withClient } from "../support/listings.ts";
import { rpc } from "../support/rpc.ts";

/** One call, made through the gateway and directly. */
interface Call {
  server: string;
  tool: string;
  input: Record<string, unknown>;
}

interface Answered extends Call {
  through: CallToolResult;
  direct: CallToolResult;
}

check({
  id: "CAT-04/content-equals-upstream",
  requirements: ["CAT-04"],
  title: "a call returns the content that the upstream returns directly",
  needs: ["gateway", "canaries"],
  async run({ gateway }) {
    const answered = await operatorsCalls(gateway);
    // The source of the answers, before any comparison: a canary that exists nowhere else.
    const { database, file } = gateway.canaries;
    for (const canary of [database, file.content]) {
      if (answered.some(({ direct }) => JSON.stringify(direct.content).includes(canary))) continue;
      throw new CheckFailure({
        summary: "no call returns a canary of this run, not even directly",
        evidence: { received: canary },
        cause: "the policy names no database or directory for its upstreams",
      });
    }
    judge(answered, "content", ({ content }) => content);
  },
});

check({
  id: "CAT-04/error-flag-kept",
  requirements: ["CAT-04"],
  title: "a result that the upstream marks as an error arrives marked as an error",
  needs: ["gateway"],
  async run({ gateway }) {
    const answered = await operatorsCalls(gateway);
    if (!answered.some(({ direct }) => direct.isError === true))
      throw new CheckFailure({
        summary: "no upstream marks a result as an error, though a refused path was asked for",
      });
    judge(answered, "isError", ({ isError = false }) => isError);
  },
});

check({
  id: "CAT-04/structured-content-kept",
  requirements: ["CAT-04"],
  title: "structured content arrives as the upstream sent it",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const answered = await Promise.all(
      [{ server: "unwell", tool: "structured", input: { token: "structure" } }].map((call) => bothWays(trial, call)),
    );
    if (!answered.every(({ direct }) => direct.structuredContent))
      throw new CheckFailure({ summary: "the upstream itself gives no structured content" });
    judge(answered, "structuredContent", ({ structuredContent }) => structuredContent);
  },
});

check({
  id: "CAT-04/every-content-kind",
  requirements: ["CAT-04"],
  title: "every kind of content arrives from an upstream over streamable HTTP",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const calls = [
      { tool: "echo", input: { message: "echo" } },
      { tool: "add", input: { a: 19, b: 23 } },
      { tool: "getTinyImage", input: {} },
      { tool: "annotatedMessage", input: { messageType: "error", includeImage: true } },
      { tool: "getResourceReference", input: { resourceId: 1 } },
      { tool: "getResourceLinks", input: { count: 2 } },
      { tool: "structuredContent", input: { location: "here" } },
    ].map((call) => ({ server: "everything", ...call }));
    const answered = await withClient(trial.upstream("everything"), async (direct) =>
      withClient(trial.mcp("everything"), (through) =>
        Promise.all(calls.map(async (call) => ({ ...call, ...(await ask(call, through, direct)) }))),
      ),
    );
    judge(answered, "content, isError, structuredContent", (result) => ({
      content: result.content,
      isError: result.isError ?? false,
      structuredContent: result.structuredContent,
    }));
  },
});

check({
  id: "CAT-04/upstream-error-answers-its-call",
  requirements: ["CAT-04"],
  title: "an upstream's error answers the call in which it happened",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    for (const tool of ["fail", "die"]) {
      const exchange = await rpc(trial, {
        path: trial.endpoint("unwell"),
        method: "tools/call",
        params: { name: catalogueName("unwell", tool), arguments: { token: `went wrong by ${tool}` } },
        id: 41,
      });
      const arrived = await trial.received(`went wrong by ${tool}`);
      const told = { sent: sentText(exchange), received: receivedText(exchange) };
      if (arrived.length === 0)
        throw new CheckFailure({ ...told, summary: `the call of ${tool} never came to the upstream` });
      const result = resultOf(exchange, 41);
      if (result?.isError === true || errorOf(exchange, 41) !== undefined) continue;
      throw new CheckFailure({
        ...told,
        summary: `the caller of a tool that ${tool === "die" ? "dies" : "answers with an error"} gets no answer to the call`,
        cause: "LiteLLM loses the exception on its way: the request's id is not in the answer",
      });
    }
  },
});

check({
  id: "CAT-04/large-result",
  requirements: ["CAT-04"],
  title: "a result of several MB arrives complete",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const size = 5_000_000;
    const answer = await withClient(trial.mcp("unwell"), (client) =>
      call(client, catalogueName("unwell", "huge"), { size }),
    );
    const [content] = answer.content;
    const length = content?.type === "text" ? content.text.length : 0;
    if (length !== size) {
      throw new CheckFailure({
        summary: `of a result of ${size} characters ${length} arrive`,
        cause: "something on the way limits bodies",
      });
    }
  },
});

let operators: Promise<readonly Answered[]> | undefined;

/** Calls of the operator's own upstreams; asked once for the checks that look at them. */
function operatorsCalls(gateway: GatewayTarget): Promise<readonly Answered[]> {
  operators ??= askOperators(gateway);
  return operators;
}

async function askOperators(gateway: GatewayTarget): Promise<readonly Answered[]> {
  const { litellmConfig, policy } = gateway.deployment;
  const calls: { upstream: UpstreamConfig; calls: Call[] }[] = [];
  for (const { name, database, directory } of policy.upstreams) {
    const upstream = litellmConfig.upstreams.find((one) => one.name === name);
    if (upstream === undefined) continue;
    const call = (tool: string, input: Record<string, unknown>): Call => ({ server: name, tool, input });
    if (database !== undefined) {
      const databases = "SELECT datname FROM pg_database ORDER BY datname";
      calls.push({
        upstream,
        calls: [call("execute_sql", { sql: databases }), call("execute_sql", { sql: "SELEKT" })],
      });
    }
    if (directory !== undefined) {
      const path = `${directory}/${gateway.canaries.file.name}`;
      calls.push({
        upstream,
        calls: [
          call("read_text_file", { path }),
          call("list_allowed_directories", {}),
          call("read_text_file", { path: "/etc/passwd" }),
        ],
      });
    }
  }
  const answered = await withClient(gateway.mcp(), (through) =>
    Promise.all(
      calls.map(({ upstream, calls: own }) =>
        withClient(gateway.upstream(upstream), (direct) =>
          Promise.all(own.map(async (one) => ({ ...one, ...(await ask(one, through, direct)) }))),
        ),
      ),
    ),
  );
  return answered.flat();
}

async function bothWays(trial: TestGateway, one: Call): Promise<Answered> {
  return await withClient(trial.upstream(one.server), (direct) =>
    withClient(trial.mcp(one.server), async (through) => ({ ...one, ...(await ask(one, through, direct)) })),
  );
}

async function ask(
  { server, tool, input }: Call,
  through: Client,
  direct: Client,
): Promise<{ through: CallToolResult; direct: CallToolResult }> {
  const [one, other] = await Promise.all([
    call(through, catalogueName(server, tool), input),
    call(direct, tool, input),
  ]);
  return { through: one, direct: other };
}

/** @throws {CheckFailure} when there is no result */
async function call(client: Client, name: string, input: Record<string, unknown>): Promise<CallToolResult> {
  try {
    // As a request: the client's own method holds structured content against the listed schema, which is not our matter.
    return await client.request({ method: "tools/call", params: { name, arguments: input } }, CallToolResultSchema, {
      timeout: deadlines.mcpRequest,
    });
  } catch (error) {
    throw new CheckFailure({
      summary: `the call of ${name} has no result`,
      evidence: { sent: JSON.stringify(input), received: (error as Error).message },

      cause: "the tool is not there, or its upstream does not answer",
    });
  }
}

function judge(answered: readonly Answered[], aspect: string, of: (result: CallToolResult) => unknown): void {
  if (answered.length === 0) throw new CheckFailure({ summary: "there is not one call to compare" });
  const different = answered.flatMap(({ server, tool, input, through, direct }) => {
    const lines = differences(of(direct), of(through));
    return lines.length === 0
      ? []
      : [`${catalogueName(server, tool)} ${JSON.stringify(input)}`, ...lines.map((line) => `  ${line}`)];
  });
  if (different.length === 0) return;
  throw new CheckFailure({
    summary: `through the gateway calls differ from the upstream's own answers in ${aspect}`,
    evidence: { received: different.join("\n") },
    cause: "LiteLLM makes a new result of what the upstream answers",
  });
}
