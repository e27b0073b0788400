import { deadlines } from "../../helpers/deadlines.ts";
import { conformance } from "../conformance.ts";
import { expectBeside } from "./beside.ts";

// A file of its own: it waits for LiteLLM's own limit, and nothing else has to wait with it.
conformance(["CAT-12"], "an upstream that never answers hides no other one", async ({ trial }) => {
  await expectBeside(trial, ["silent"], deadlines.silentUpstream);
});
