import type { GatewayWith } from "../../../containers/targets/needs.ts";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { serverLine } from "../../../helpers/deployment/litellm/blame.ts";
import { hiddenBy } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { PolicyUpstream } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import {
  type AnsweredCall,
  callBoth,
  callEvidence,
  callTool,
  expectSameResults,
  type ToolCall,
} from "../support/compare-calls.ts";
import { expectErrorAnswer } from "../support/error-answers.ts";
import { whyNotCalled, withDirectClient } from "../support/listings.ts";
import { catalogueName, withClient } from "../support/mcp-client.ts";
import { rpc } from "../support/rpc.ts";

check({
  id: "CAT-04/content-equals-upstream",
  requirements: ["CAT-04"],
  title: "a call returns the content that the upstream returns directly",
  needs: ["gateway", "canaries", "direct-upstreams"],
  async run({ gateway, evidence }) {
    const canaries = canariesOf(gateway);
    if (canaries.length === 0) return evidence.notSupported(noKnownContent);
    const calls = await policyCalls(gateway);
    // The source of the answers first: a canary that exists nowhere else.
    for (const { server, canary } of canaries) {
      if (calls.some(({ direct }) => JSON.stringify(direct.content).includes(canary))) continue;
      throw new CheckFailure({
        summary: "no direct call returns a canary of this run",
        code: "no-canary",
        expected: canary,
        actual: `none of ${calls.length} direct answers contains it`,
        cause: `the upstream ${server} reads another database or directory than the one that the policy names for it`,
        ...serverLine(gateway.deployment, server),
      });
    }
    expectSameResults(calls, {
      aspect: "content",
      of: ({ content }) => content,
      code: () => "content-changed",
      known: await whyNoneCalled(gateway, calls),
    });
  },
});

check({
  id: "CAT-04/error-flag-kept",
  requirements: ["CAT-04"],
  title: "a result that the upstream marks as an error arrives marked as an error",
  needs: ["gateway", "canaries", "direct-upstreams"],
  async run({ gateway, evidence }) {
    if (canariesOf(gateway).length === 0) return evidence.notSupported(noKnownContent);
    const calls = await policyCalls(gateway);
    if (!calls.some(({ direct }) => direct.isError === true)) {
      throw new CheckFailure({
        summary: "no upstream marks a result as an error",
        code: "no-error-to-compare",
        expected: "isError: true for a path outside of the allowed directory",
        actual: `isError is not true in any of ${calls.length} direct answers`,
        cause: "the policy names no directory, or the upstream's version reports a refusal in another form",
      });
    }
    expectSameResults(calls, {
      aspect: "isError",
      of: ({ isError = false }) => isError,
      code: (different) =>
        different.every(({ direct }) => direct.isError === true) ? "error-flag-lost" : "error-flag-changed",
      known: await whyNoneCalled(gateway, calls),
    });
  },
});

check({
  id: "CAT-04/structured-content-kept",
  requirements: ["CAT-04"],
  title: "structured content arrives as the upstream sent it",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const call = await callOfTestUpstream(testGateway, {
      server: "unwell",
      tool: "structured",
      input: { token: "structure" },
    });
    if (!call.direct.structuredContent) {
      throw new CheckFailure({
        summary: "the upstream itself sends no structured content",
        code: "nothing-to-compare",
        expected: "structuredContent in the direct answer",
        actual: "none",
      });
    }
    expectSameResults([call], {
      aspect: "structuredContent",
      of: ({ structuredContent }) => structuredContent,
      code: (different) =>
        different.every(({ through }) => through.structuredContent === undefined)
          ? "structured-content-lost"
          : "structured-content-changed",
    });
  },
});

check({
  id: "CAT-04/every-content-kind",
  requirements: ["CAT-04"],
  title: "every kind of content arrives from an upstream over streamable HTTP",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const server = "suite_everything";
    const calls: ToolCall[] = [
      { server, tool: "echo", input: { message: "echo" } },
      { server, tool: "add", input: { a: 19, b: 23 } },
      { server, tool: "getTinyImage", input: {} },
      { server, tool: "annotatedMessage", input: { messageType: "error", includeImage: true } },
      { server, tool: "getResourceReference", input: { resourceId: 1 } },
      { server, tool: "getResourceLinks", input: { count: 2 } },
      { server, tool: "structuredContent", input: { location: "here" } },
    ];
    const answered = await withClient(`the upstream ${server}`, testGateway.upstream(server), (direct) =>
      withClient(testGateway.endpoint(server), testGateway.mcp(server), (through) =>
        Promise.all(calls.map((call) => callBoth(testGateway, call, through, direct))),
      ),
    );
    expectSameResults(answered, {
      aspect: "content, isError, structuredContent",
      of: ({ content, isError = false, structuredContent }) => ({ content, isError, structuredContent }),
      code: () => "result-changed",
    });
  },
});

check({
  id: "CAT-04/upstream-error-answers-its-call",
  requirements: ["CAT-04"],
  title: "an upstream's error answers the call in which it happened",
  needs: ["testGateway"],
  async run({ testGateway }) {
    await expectErrorForwarded(testGateway, "fail", "answers with an error");
    await expectErrorForwarded(testGateway, "die", "closes the connection");
  },
});

check({
  id: "CAT-04/large-result",
  requirements: ["CAT-04"],
  title: "a result of several MB arrives complete",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const name = catalogueName(testGateway, "unwell", "huge");
    const input = { size: 5_000_000 };
    const answer = await withClient(testGateway.endpoint("unwell"), testGateway.mcp("unwell"), (client) =>
      callTool(client, name, input, testGateway.http),
    );
    const [content] = answer.content;
    const length = content?.type === "text" ? content.text.length : 0;
    if (length === input.size) return;
    throw new CheckFailure({
      summary: "a large result arrives incomplete",
      code: "incomplete-result",
      expected: `${input.size} characters`,
      actual: `${length} characters`,
      cause: "a part between the client and the upstream limits the size of bodies",
      evidence: callEvidence(testGateway.http, name, input, {}),
    });
  },
});

/** @param behaviour what the upstream does when the tool is called */
async function expectErrorForwarded(testGateway: TestGateway, tool: string, behaviour: string): Promise<void> {
  const token = `went wrong by ${tool}`;
  const name = catalogueName(testGateway, "unwell", tool);
  const id = 41;
  const exchange = await rpc(testGateway, {
    path: testGateway.endpoint("unwell"),
    method: "tools/call",
    params: { name, arguments: { token } },
    id,
    deadline: deadlines.silentUpstream,
  });
  const received = await testGateway.received(token);
  if (received.length === 0) {
    throw new CheckFailure({
      summary: `the call of ${name} did not reach the upstream`,
      code: "not-forwarded",
      expected: "one call with the check's token in the upstream's journal",
      actual: "none",
      cause: "LiteLLM answers the call itself",
      evidence: callEvidence(testGateway.http, name, { token }, {}),
    });
  }
  expectErrorAnswer(exchange, id, {
    summary: `the caller of a tool whose upstream ${behaviour} gets no error for the call`,
    cause:
      exchange.response === undefined
        ? "LiteLLM does not notice that the upstream has ended the call, and waits for it"
        : "LiteLLM loses the exception: the answer does not have the request's id, or is a success",
  });
}

/** Calls of the policy's upstreams through the gateway and directly, made once for all checks that compare them. */
function policyCalls(gateway: GatewayWith<"canaries" | "direct-upstreams">): Promise<readonly AnsweredCall[]> {
  return gateway.once.do("calls of the policy's upstreams", async () => {
    const { endpoint } = gateway.policy.mcp;
    const answered = await withClient(endpoint, gateway.mcp(), (through) =>
      Promise.all(
        gateway.policy.upstreams.map(async (meant) => {
          const upstream = runUpstreams(gateway.deployment).find(({ name }) => name === meant.name);
          const calls = callsFor(gateway, meant);
          if (upstream === undefined || calls.length === 0) return [];
          return await withDirectClient(gateway, upstream, (direct) =>
            Promise.all(calls.map((call) => callBoth(gateway, call, through, direct))),
          );
        }),
      ),
    );
    return answered.flat();
  });
}

/** Where LiteLLM lists none of the tools that are called, every difference follows from that. */
async function whyNoneCalled(gateway: GatewayWith<"canaries">, calls: readonly AnsweredCall[]) {
  const reasons = await Promise.all(calls.map(({ name }) => whyNotCalled(gateway, name)));
  return reasons.find(() => reasons.every(({ follows }) => follows !== undefined)) ?? {};
}

const noKnownContent =
  "no upstream of the policy has a database or a directory with tools that the suite knows (execute_sql, read_text_file)";

/** The canaries that calls of the policy's upstreams can return. */
function canariesOf(gateway: GatewayWith<"canaries">): { server: string; canary: string }[] {
  const { database, file } = gateway.canaries;
  const calls = gateway.policy.upstreams.flatMap((upstream) => callsFor(gateway, upstream));
  const canaryOf: Readonly<Record<string, string>> = { execute_sql: database, read_text_file: file.content };
  return Object.entries(canaryOf).flatMap(([tool, canary]) => {
    const call = calls.find((one) => one.tool === tool);
    return call === undefined ? [] : [{ server: call.server, canary }];
  });
}

function callsFor(
  gateway: GatewayWith<"canaries">,
  { name: server, database, directory, tools, leftOut, standIn }: PolicyUpstream,
): ToolCall[] {
  if (leftOut !== undefined || standIn) return [];
  const databases = "SELECT datname FROM pg_database ORDER BY datname";
  const isListed = ({ tool }: ToolCall): boolean =>
    tools.includes(tool) && hiddenBy(gateway.deployment.litellmConfig, server, tool) === undefined;
  return [
    ...(database === undefined
      ? []
      : [
          { server, tool: "execute_sql", input: { sql: databases } },
          { server, tool: "execute_sql", input: { sql: "SELEKT" } },
        ]),
    ...(directory === undefined
      ? []
      : [
          { server, tool: "read_text_file", input: { path: `${directory}/${gateway.canaries.file.name}` } },
          { server, tool: "list_allowed_directories", input: {} },
          { server, tool: "read_text_file", input: { path: "/etc/passwd" } },
        ]),
  ].filter(isListed);
}

async function callOfTestUpstream(testGateway: TestGateway, call: ToolCall): Promise<AnsweredCall> {
  const { server } = call;
  return await withClient(`the upstream ${server}`, testGateway.upstream(server), (direct) =>
    withClient(testGateway.endpoint(server), testGateway.mcp(server), (through) =>
      callBoth(testGateway, call, through, direct),
    ),
  );
}
