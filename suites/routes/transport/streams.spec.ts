import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { expectStreamedChunks } from "../../support/streamed-answer.ts";

check({
  id: "ROUTE-18/streams-not-buffered",
  requirements: ["ROUTE-18"],
  title: "a stream is forwarded as it arrives, not buffered",
  needs: ["gateway", "scripted-model"],
  async run({ gateway }) {
    const { models, file } = gateway.deployment.litellmConfig;
    const [model] = models;
    if (model === undefined) {
      throw new CheckFailure({
        summary: "LiteLLM's config names no model, so nothing can be streamed",
        code: "no-model",
        expected: "at least one model under model_list",
        actual: "none",
        location: { file, line: 1 },
      });
    }
    await expectStreamedChunks(gateway, {
      url: gateway.url("/v1/chat/completions"),
      headers: [
        ["Authorization", `Bearer ${gateway.masterKey}`],
        ["Content-Type", "application/json"],
      ],
      model: model.value,
    });
  },
});
