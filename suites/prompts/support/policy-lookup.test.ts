import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { makeCanaries } from "../../../helpers/deployment/source/canaries.ts";
import type { PolicyUpstream } from "../../../helpers/deployment/types.ts";
import { canaryCalls, databaseTool, fileTool, knownServerCalls, requireClient } from "./policy-lookup.ts";

const deployment = await loadDeployment("deployments/reference");
const canaries = makeCanaries({ ...deployment.policy, secrets: [] }, new Map(), []);

/** The reference with other servers in its policy. */
function gatewayOf(upstreams: readonly PolicyUpstream[]): Parameters<typeof canaryCalls>[0] {
  const policy = { ...deployment.policy, upstreams };
  const gateway = { policy, deployment: { ...deployment, policy }, canaries };
  return gateway as unknown as Parameters<typeof canaryCalls>[0];
}

/** The calls of the reference with some of its servers. */
function callsWith(isThere: (upstream: PolicyUpstream) => boolean): ReturnType<typeof canaryCalls> {
  return canaryCalls(gatewayOf(deployment.policy.upstreams.filter(isThere)));
}

test("the database's server is called first, then the file server", () => {
  const calls = callsWith(() => true).map(({ call, canary }) => ({ tool: call.tool, canary }));
  expect(calls).toEqual([
    { tool: "postgres-execute_sql", canary: canaries.database },
    { tool: "filesystem-read_text_file", canary: canaries.file.content },
  ]);
});

test("without a database the canary file is read", () => {
  expect(callsWith(({ database }) => database === undefined)).toMatchObject([
    {
      upstream: { name: "filesystem" },
      call: { tool: "filesystem-read_text_file", arguments: { path: `/srv/mcp-files/${canaries.file.name}` } },
      canary: canaries.file.content,
    },
  ]);
});

/** The reference's servers, changed. */
function callsOf(change: (upstream: PolicyUpstream) => PolicyUpstream): ReturnType<typeof canaryCalls> {
  return canaryCalls(gatewayOf(deployment.policy.upstreams.map(change)));
}

const example = { tool: "get_topics", arguments: { page: 1 }, contains: "Topics of the notes" };
/** Without what the suite knows of its tools. */
const withExample = { database: undefined, directory: undefined, example };

test("of an upstream with an example, its call and the text of its result", () => {
  const calls = callsOf((upstream) => (upstream.name === "postgres" ? { ...upstream, ...withExample } : upstream));
  expect(calls.map(({ kind }) => kind)).toEqual(["read", "example"]);
  expect(calls[1]).toMatchObject({
    upstream: { name: "postgres" },
    call: { tool: "postgres-get_topics", arguments: { page: 1 } },
    canary: "Topics of the notes",
  });
});

test("the calls of servers that the suite knows come first, and replace their own examples", () => {
  expect(callsOf((upstream) => ({ ...upstream, example })).map(({ kind }) => kind)).toEqual(["query", "read"]);
});

test("an upstream that is left out, or that a stand-in replaces, is not called", () => {
  const noCall = "the policy names no upstream with a database";
  const last = deployment.policy.upstreams.at(-1);
  const leftOut = (upstream: PolicyUpstream) => (upstream === last ? undefined : "it runs elsewhere");
  expect(
    callsOf((upstream) => ({ ...upstream, ...withExample, leftOut: leftOut(upstream) })).map(
      (one) => one.upstream.name,
    ),
  ).toEqual([last?.name]);
  expect(() => callsOf((upstream) => ({ ...upstream, ...withExample, standIn: true }))).toThrow(noCall);
  expect(callsOf((upstream) => ({ ...upstream, ...withExample }))).toHaveLength(deployment.policy.upstreams.length);
});

test("the suite knows no refused call of an example", () => {
  const upstreams = deployment.policy.upstreams.map((upstream) => ({ ...upstream, ...withExample }));
  expect(knownServerCalls(gatewayOf(upstreams))).toEqual([]);
  expect(knownServerCalls(gatewayOf(deployment.policy.upstreams)).map(({ kind }) => kind)).toEqual(["query", "read"]);
});

test("without any there is no call whose result the suite knows, and the reason says how to state one", () => {
  expect(() => callsOf((upstream) => ({ ...upstream, database: undefined, directory: undefined }))).toThrow(
    "the policy names no upstream with a database and the tool execute_sql, and none with a directory and the tool read_text_file; " +
      "a call with a known result can be stated in the policy: upstreams[].example",
  );
});

test("without a server in the run, that is the reason: there is no upstream to add anything to", () => {
  const none = "the policy names no MCP server that is part of the run";
  const leftOut = deployment.policy.upstreams.map((upstream) => ({ ...upstream, leftOut: "it runs elsewhere" }));
  for (const [upstreams, reason] of [
    [[], none],
    [leftOut, "left out of the run"],
  ] as const) {
    const gateway = gatewayOf(upstreams);
    expect(() => canaryCalls(gateway)).toThrow(reason);
    expect(() => knownServerCalls(gateway)).toThrow(reason);
  }
  expect(() => databaseTool(gatewayOf([]))).toThrow(none);
  expect(() => fileTool(gatewayOf([]))).toThrow(none);
});

test("the reason without a client of a kind says how to add one", () => {
  const policy = { ...deployment.policy, clients: [] };
  const gateway = { ...gatewayOf([]), policy } as unknown as Parameters<typeof requireClient>[0];
  expect(() => requireClient(gateway, "codex")).toThrow(
    "the policy names no client of kind codex; it can be added to the policy: " +
      "clients: - { name: codex, kind: codex, key: SECRET }",
  );
  expect(() => requireClient(gateway, "claude")).toThrow("- { name: claude, kind: claude, config: FILE }");
});
