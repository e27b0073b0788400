import { deadlines } from "../../../helpers/core/deadlines.ts";
import { check } from "../../runner/check.ts";
import { expectBeside } from "../support/listing-isolation.ts";

// A file of its own: it waits for LiteLLM's own limit, and nothing else has to wait with it.
check({
  id: "CAT-12/silent-upstream-isolated",
  requirements: ["CAT-12"],
  title: "an upstream that never answers hides no other one",
  needs: ["testGateway"],
  slow: true,
  async run({ testGateway: trial }) {
    await expectBeside(trial, ["silent"], deadlines.silentUpstream);
  },
});
