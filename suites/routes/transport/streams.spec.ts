import { check } from "../../runner/check.ts";
import { expectStreamedChunks } from "../../support/streamed-answer.ts";

check({
  id: "ROUTE-18/streams-not-buffered",
  requirements: ["ROUTE-18"],
  title: "a stream is forwarded as it arrives, not buffered",
  needs: ["gateway", "scripted-model"],
  async run({ gateway, evidence }) {
    const [model] = gateway.deployment.litellmConfig.models;
    if (model === undefined)
      return evidence.notSupported("LiteLLM's config names no model, so nothing can be streamed");
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
