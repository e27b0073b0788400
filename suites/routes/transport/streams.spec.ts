import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { mustComeInPieces } from "../../prompts/support/streamed-answer.ts";
import { check } from "../../runner/check.ts";

check({
  id: "ROUTE-18/streams-not-buffered",
  requirements: ["ROUTE-18"],
  title: "a stream is forwarded as it arrives, not buffered",
  needs: ["gateway"],
  async run({ gateway }) {
    const [model] = gateway.deployment.litellmConfig.models;
    if (model === undefined) throw new CheckFailure({ summary: "LiteLLM's config names no model" });
    await mustComeInPieces(gateway, {
      url: gateway.url("/v1/chat/completions"),
      headers: [
        ["Authorization", `Bearer ${gateway.masterKey}`],
        ["Content-Type", "application/json"],
      ],
      model: model.value,
    });
  },
});
