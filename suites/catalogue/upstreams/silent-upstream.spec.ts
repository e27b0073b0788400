import { deadlines } from "../../../helpers/core/deadlines.ts";
import { conformance } from "../../runner/conformance.ts";
import { expectBeside } from "../support/listing-isolation.ts";

// A file of its own: it waits for LiteLLM's own limit, and nothing else has to wait with it.
conformance(["CAT-12"], "an upstream that never answers hides no other one", async ({ trial }) => {
  await expectBeside(trial, ["silent"], deadlines.silentUpstream);
});
