import { forEachCase } from "../../../helpers/checks/cases.ts";
import { check } from "../../runner/check.ts";
import { expectStreamedChunks } from "../../support/streamed-answer.ts";

check({
  id: "ROUTE-24/compressed-streams",
  requirements: ["ROUTE-24"],
  title: "events still arrive one by one for a client that accepts compressed answers",
  needs: ["gateway", "scripted-model"],
  async run({ gateway, evidence }) {
    const [model] = gateway.deployment.litellmConfig.models;
    if (model === undefined)
      return evidence.notSupported("LiteLLM's config names no model, so nothing can be streamed");
    await forEachCase(
      "the first chunk arrives while the model is still sending",
      ["gzip", "br", "zstd", "gzip, deflate, br, zstd"],
      (accepted) => `Accept-Encoding: ${accepted}`,
      async (accepted) =>
        expectStreamedChunks(
          gateway,
          {
            url: gateway.url("/v1/chat/completions"),
            headers: [
              ["Authorization", `Bearer ${gateway.masterKey}`],
              ["Content-Type", "application/json"],
              ["Accept-Encoding", accepted],
            ],
            model: model.value,
          },
          "short",
        ),
    );
  },
});
