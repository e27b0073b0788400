import { expect, test } from "vitest";
import type { RunRecord } from "../../helpers/run/run-record.ts";
import { checkOf, failureOf, soundRecord } from "../model/report-fixture.ts";
import { withKnownDefects } from "./known-defects.ts";

/** The record of a run with a version of LiteLLM. */
function runWith(version: string): RunRecord {
  const litellm = { name: "litellm", rig: "gateway", version, image: "", digest: "", source: "", containerId: "" };
  return { ...soundRecord, parts: [{ ...litellm, origin: "built" }] };
}

/** A failure that was measured on 1.106 alone. */
const staleSession = checkOf("CAT-18", "failed", {
  id: "CAT-18/unknown-session",
  failure: failureOf({
    summary: "a session id that LiteLLM never returned is accepted",
    code: "session-accepted",
    expected: "status 404",
    actual: "status 200",
  }),
});

test.each([
  ["1.106.2", ">=1.106.0 <1.107.0", /^LiteLLM serves a stale session id as a new session/],
  ["1.100.0", "1.100.0", /measured on >=1\.106\.0 <1\.107\.0, and 1\.100\.0 fails in the same way$/],
  ["1.108.0", "1.108.0", /and 1\.108\.0 fails in the same way$/],
])("a failure that was measured is a defect of LiteLLM %s", (version, versions, reason) => {
  const [check] = withKnownDefects([staleSession], runWith(version));
  expect(check?.knownDefect).toMatchObject({ part: "litellm", versions, reason: expect.stringMatching(reason) });
});

test.each([
  ["a version that was measured without it", "1.77.1", staleSession],
  [
    "another failure of the check",
    "1.100.0",
    {
      ...staleSession,
      failure: failureOf({ summary: "it is late", code: "late-answer", expected: "404", actual: "500" }),
    },
  ],
])("%s stays the deployment's", (_, version, failing) => {
  expect(withKnownDefects([failing], runWith(version))).toEqual([failing]);
});
