import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { expectKnownGroups } from "./known-groups.ts";

/** What a changed example fails with, and the text of the line that is named. */
async function failureIn(...patches: Patch[]) {
  using copy = patchedCopy("deployments/examples/virtual-keys", patches);
  const deployment = await loadDeployment(copy.folder);
  try {
    expectKnownGroups(deployment);
    return undefined;
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    const { cause, fix, location } = error.details;
    return { cause, fix, line: location && readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim() };
  }
}

const inConfig = (replace: string): Patch => ({
  file: "litellm/config.yaml",
  find: "access_groups: [documents]",
  replace,
});

test("a group that is mistyped at its server has the server's line", async () => {
  expect(await failureIn(inConfig("access_groups: [document]"))).toEqual({
    cause: "the server filesystem has the group 'document' instead",
    fix: "write 'documents'",
    line: "access_groups: [document]",
  });
});

test("a group that no server has, and none is similar to, has the identity's line", async () => {
  const found = await failureIn(inConfig("access_groups: [office]"));
  expect(found?.cause).toMatch(/^the group was removed or renamed/);
  expect(found?.line).toMatch(/^- \{ name: documents group/);
});

test("a group of a server in LiteLLM's database is known by the policy", async () => {
  const identity = { file: "policy.yaml", find: "access_groups: [documents] }", replace: "access_groups: [demo] }" };
  expect(await failureIn(identity)).toBeUndefined();
  expect(await failureIn()).toBeUndefined();
});

test("a group of a server that LiteLLM starts without is not called unknown", async () => {
  const withoutCommand = { file: "litellm/config.yaml", find: "    command: mcp-server-filesystem\n", replace: "" };
  expect(await failureIn(withoutCommand)).toBeUndefined();
});
