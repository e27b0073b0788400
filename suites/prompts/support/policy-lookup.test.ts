import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { makeCanaries } from "../../../helpers/deployment/source/canaries.ts";
import type { PolicyUpstream } from "../../../helpers/deployment/types.ts";
import { canaryCalls } from "./policy-lookup.ts";

const deployment = await loadDeployment("deployments/reference");
const canaries = makeCanaries({ ...deployment.policy, secrets: [] }, new Map(), []);

/** The reference with some of its servers. */
function callsWith(isThere: (upstream: PolicyUpstream) => boolean): ReturnType<typeof canaryCalls> {
  const policy = { ...deployment.policy, upstreams: deployment.policy.upstreams.filter(isThere) };
  const gateway = { policy, deployment: { ...deployment, policy }, canaries };
  return canaryCalls(gateway as unknown as Parameters<typeof canaryCalls>[0]);
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

test("without either there is no call whose result the suite knows", () => {
  expect(() => callsWith(() => false)).toThrow(
    "the policy names no upstream with a database and the tool execute_sql, and none with a directory and the tool read_text_file",
  );
});
