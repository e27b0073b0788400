import { describe } from "vitest";
import { type Broken, codex, env, testFaults } from "./broken-deployment.ts";

const broken: Broken[] = [
  {
    name: "a line that is not an assignment",
    patches: [env("# The model provider's key.", "The model provider's key.")],
    file: "litellm.env.example",
    at: "The model provider's",
    what: /is not an assignment/,
  },
  {
    name: "a quote that is never closed",
    patches: [env("LITELLM_SALT_KEY=change", 'LITELLM_SALT_KEY="change')],
    file: "litellm.env.example",
    at: "LITELLM_SALT_KEY",
    what: /never closed/,
    faults: 2,
  },

  {
    name: "broken TOML",
    patches: [codex('wire_api = "responses"', "wire_api = responses")],
    file: "clients/codex/config.toml",
    at: "wire_api = responses",
    what: /broken TOML/,
  },
  {
    name: "a key that the env file lacks",
    patches: [codex('bearer_token_env_var = "LITELLM_CLIENT_KEY"', 'bearer_token_env_var = "LITELLM_CLIENT_KEYS"')],
    file: "clients/codex/config.toml",
    at: "bearer_token_env_var",
    what: /'LITELLM_CLIENT_KEYS', which the env file does not set/,
    fix: /LITELLM_CLIENT_KEY/,
  },
];

describe("a faulty deployment", () => {
  testFaults(broken);
});
