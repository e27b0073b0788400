import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { callHookLine } from "./call-hook.ts";

const config = (find: string, replace: string): Patch => ({ file: "litellm/config.yaml", find, replace });
const callbacks = "  callbacks: scoped_keys.server_scope\n";
const notCalled =
  "litellm_settings.callbacks of LiteLLM's config names no hook, so LiteLLM never calls that of scoped_keys";

/** The line that is named in a changed copy of the reference, and the cause. */
async function hookOf(...patches: Patch[]) {
  using copy = patchedCopy("deployments/reference", patches);
  const found = callHookLine(await loadDeployment(copy.folder));
  const line = found && readFileSync(found.location.file, "utf8").split("\n")[found.location.line - 1]?.trim();
  return { line, cause: found?.cause };
}

test("the refusal of the hook in the operator's module, where LiteLLM calls it", async () => {
  const { line, cause } = await hookOf();
  expect(line).toMatch(/^raise HTTPException/);
  expect(cause).toBeUndefined();
});

test.for<[string, Patch[], string]>([
  ["the section, without callbacks", [config(callbacks, "")], "litellm_settings:"],
  [
    "the callbacks, where they are LiteLLM's own",
    [config("scoped_keys.server_scope", "[prometheus]")],
    "callbacks: [prometheus]",
  ],
  [
    "the module's name, without the section",
    [
      config("litellm_settings:\n  telemetry: false\n", ""),
      config(`  # Keeps a scoped key from other servers' tools.\n${callbacks}`, ""),
    ],
    "custom_auth: scoped_keys.authenticate",
  ],
])("%s", async ([_, patches, line]) => {
  expect(await hookOf(...patches)).toEqual({ line, cause: notCalled });
});

test("nothing without a module", async () => {
  expect(await hookOf(config("  custom_auth: scoped_keys.authenticate", ""))).toEqual({});
});
