import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { expectDemandedServers } from "./demanded-servers.ts";

/** What a changed `allow-list` fails with, and the text of the line that is named. */
async function failureIn(...patches: Patch[]) {
  using copy = patchedCopy("deployments/examples/allow-list", patches);
  const deployment = await loadDeployment(copy.folder);
  try {
    expectDemandedServers({ deployment });
    return undefined;
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    const { cause, fix, location } = error.details;
    const line = location && readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();
    return { cause, fix, line };
  }
}

test.for([
  [
    "LiteLLM's config is another file than the one that is named",
    { file: "compose.yaml", find: "proxy.yaml", replace: "proxy.yml" },
    {
      cause: expect.stringMatching(/^CONFIG_FILE_PATH names \/app\/config\/proxy\.yml, which is not mounted/),
      fix: "name /app/config/proxy.yaml here, where ",
      line: "CONFIG_FILE_PATH: /app/config/proxy.yml",
    },
  ],
  [
    "the server has another name",
    { file: "config/proxy.yaml", find: "  files: {", replace: "  file: {" },
    { cause: "the server was removed or renamed", fix: /^add it under/, line: "- name: files" },
  ],
] as const)("a server that the policy demands is missing: %s", async ([_, patch, expected]) => {
  const found = await failureIn(patch);
  expect(found).toMatchObject({ ...expected, fix: expect.stringMatching(expected.fix) });
});

test.for([
  ["allowed_tools: [list_directory]", "allowed_tools of the server does not name them", /^list them in allowed_tools/],
  [
    "disallowed_tools: [read_text_file]",
    "disallowed_tools of the server names them",
    /^remove them from disallowed_tools, or from the policy$/,
  ],
] as const)("a tool that the policy demands is hidden: %s", async ([filter, cause, fix]) => {
  const found = await failureIn(
    { file: "compose.yaml", find: "litellm:v1.77.1-stable", replace: "litellm:v1.92.0" },
    { file: "config/proxy.yaml", find: "allowed_tools: [read_text_file, list_directory]", replace: filter },
  );
  expect(found).toMatchObject({ cause, fix: expect.stringMatching(fix) });
});
