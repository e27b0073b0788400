import { deadlines } from "../../../helpers/core/deadlines.ts";
import { check } from "../../runner/check.ts";
import { expectIsolated } from "../support/listing-isolation.ts";

// In its own file, so that no other check waits for LiteLLM's own time-out.
check({
  id: "CAT-12/silent-upstream-isolated",
  requirements: ["CAT-12"],
  title: "an upstream that never answers hides no other one",
  needs: ["testGateway"],
  slow: true,
  async run({ testGateway }) {
    await expectIsolated(testGateway, ["silent"], deadlines.silentUpstream);
  },
});
