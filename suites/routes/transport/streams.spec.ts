import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { mustComeInPieces } from "../../prompts/support/streamed-answer.ts";
import { conformance } from "../../runner/conformance.ts";

conformance(["ROUTE-18"], "a stream is handed on as it comes, not buffered", async ({ gateway }) => {
  const [model] = gateway.deployment.litellmConfig.models;
  if (model === undefined) throw new CheckFailure({ what: "LiteLLM's config names no model" });
  await mustComeInPieces(gateway, {
    url: gateway.url("/v1/chat/completions"),
    headers: [
      ["Authorization", `Bearer ${gateway.masterKey}`],
      ["Content-Type", "application/json"],
    ],
    model: model.value,
  });
});
