import { expect, test } from "vitest";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { startFailure } from "./start-failure.ts";

const location = { file: "config.yaml", line: 12 };
const deployment = {
  litellm: { name: "litellm" },
  litellmConfig: {
    version: "1.106.2",
    texts: [{ path: ["router_settings", "fallbacks"], value: { value: "qwen3-vl-8b", location } }],
  },
} as unknown as Parameters<typeof startFailure>[1];

const ended = (line: string, part = "litellm"): EnvironmentError =>
  new EnvironmentError("litellm did not start", {
    part,
    log: ["Traceback:", line, "ERROR: Application startup failed."],
  });

test("an error that quotes a value of the config is the deployment's, at its line", () => {
  const failure = startFailure(ended("ValueError: Item 'qwen3-vl-8b' is not a dictionary."), deployment);
  expect(failure?.details).toMatchObject({
    code: "does-not-start",
    actual: "ValueError: Item 'qwen3-vl-8b' is not a dictionary.",
    location,
  });
});

test.each([
  ["quotes nothing of the config", ended("ValueError: Item 'another' is not a dictionary.")],
  ["is about a package", ended("ModuleNotFoundError: No module named 'qwen3-vl-8b'")],
  ["quotes a key of the config", ended("KeyError: 'fallbacks'")],
  [
    "was handled, and the start went on",
    new EnvironmentError("not within 90 s", { part: "litellm", log: ["ValueError: 'qwen3-vl-8b'", "INFO: waiting"] }),
  ],
  ["is another part's", ended("ValueError: 'qwen3-vl-8b'", "traefik")],
  ["is none of the environment's", new Error("ValueError: 'qwen3-vl-8b'")],
])("an error that %s stays as it is", (_, error) => {
  expect(startFailure(error, deployment)).toBeUndefined();
});
