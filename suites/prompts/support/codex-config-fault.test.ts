import { expect, test } from "vitest";
import { codexConfigFault } from "./codex-config-fault.ts";

const text = `model = "one"
model_provider = "gateway"
approval_policy = "never"

[model_providers.gateway]
name = "Gateway"
base_url = "http://gateway.example/v1"
env_key = "KEY"

[mcp_servers.tools]
url = "http://gateway.example/mcp/"
bearer_token_env_var = "KEY"
`;
const written = { text, file: "/clients/config.toml", location: { file: "/policy.yaml", line: 9 } };

/** `line: cause` of what is found in a changed config. */
function fault(find: string, replace: string, errors: string): string {
  if (!text.includes(find)) throw new Error(`the config does not contain '${find}'`);
  const found = codexConfigFault({ ...written, text: text.replace(find, replace) }, errors);
  return found === undefined ? "nothing" : `${found.location.line}: ${found.cause}`;
}

const unknownModel = (model: string): string =>
  `{"error":{"message":"{'error': '/responses: Invalid model name passed in model=${model}. Call \`/v1/models\` to view available models for your key.'}","code":"400"}}`;

test.each([
  [
    "a value that Codex refuses",
    'approval_policy = "never"',
    'approval_policy = "neverx"',
    "Error loading config.toml: unknown variant `neverx`, expected one of `on-request`, `never`\nin `approval_policy`\n",
    /^3: Codex refuses the value of approval_policy and does not start: unknown variant `neverx`/,
  ],
  [
    "a value of a table that Codex refuses",
    'name = "Gateway"',
    "name = 1",
    "Error loading config.toml: invalid type: integer `1`, expected a string\nin `model_providers.gateway.name`\n",
    /^6: Codex refuses the value of model_providers\.gateway\.name/,
  ],
  [
    "a provider that the config does not have",
    'model_provider = "gateway"',
    'model_provider = "gatewayx"',
    "Error: Model provider `gatewayx` not found",
    /^2: model_provider is "gatewayx", and Codex gets no further: Error: Model provider/,
  ],
  [
    "a model that the gateway does not have",
    'model = "one"',
    'model = "onex"',
    unknownModel("onex"),
    /^1: model is "onex", .*\{'error': '\/responses: Invalid model name passed in model=onex\./,
  ],
  [
    "a model with a dot in its name",
    'model = "one"',
    'model = "one-4.1"',
    unknownModel("one-4.1"),
    /^1: model is "one-4\.1"/,
  ],
  [
    "no model",
    'model = "one"\n',
    "",
    unknownModel("big-6.1"),
    /^1: the config sets no model, so Codex asks for its default, big-6\.1,/,
  ],
  [
    "no provider",
    'model_provider = "gateway"\n',
    "",
    "ERROR codex_api: failed to connect",
    /^1: the config sets no model_provider, so Codex sends its requests to OpenAI and not to http:\/\/gateway\.example\/v1/,
  ],
])("%s: line and cause", (_, find, replace, errors, says) => {
  expect(fault(find, replace, errors)).toMatch(says);
});

test.each([
  ["a value of two settings", 'model = "one"', 'model = "one"', "Error: Missing environment variable: `KEY`"],
  [
    "a profile, which may set the provider",
    'model_provider = "gateway"',
    'profile = "lan"',
    "ERROR codex_api: failed to connect",
  ],
  ["no provider, where an MCP server fails", 'model_provider = "gateway"\n', "", "Error: tools: MCP startup failed"],
  ["an error about nothing in the config", 'model = "one"', 'model = "one"', "Error: tools: timed out after 5s"],
])("%s singles out no setting", (_, find, replace, errors) => {
  expect(fault(find, replace, errors)).toBe("nothing");
});

test("a config of the suite's own has no fault of the operator's", () => {
  expect(
    codexConfigFault({ ...written, file: undefined }, "Error: Model provider `gateway` not found"),
  ).toBeUndefined();
});
