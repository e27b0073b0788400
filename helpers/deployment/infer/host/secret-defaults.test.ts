import { join } from "node:path";
import { expect, test } from "vitest";
import { smallDeployment } from "../small-deployment.ts";
import { isUsable, openDefaults, type SecretDefault, secretDefaults } from "./secret-defaults.ts";
import { treeOf } from "./variable-uses.ts";

/** The defaults in a service's environment. */
function defaultsOf(environment: string): SecretDefault[] {
  using deployment = smallDeployment({ "compose.yaml": `services:\n  a:\n    environment: ${environment}\n` });
  const root = treeOf(join(deployment.folder, "compose.yaml"));
  return root === undefined ? [] : secretDefaults([root]);
}

test.each([
  ["a name", "{ X: '${LITELLM_MASTER_KEY:-replaceme}' }", ["LITELLM_MASTER_KEY", "api-key", "replaceme"]],
  ["a default without a colon", "{ X: '${SOME_TOKEN-replaceme}' }", ["SOME_TOKEN", "password", "replaceme"]],
  ["a value", "{ X: '${ONE:-sk-1234567}' }", ["ONE", "api-key", "sk-1234567"]],
  ["a DSN", "{ X: '${DSN_OF_DB:-postgresql://u:p@db/l}' }", ["DSN_OF_DB", "postgres-url", "postgresql://u:p@db/l"]],
  ["a service's variable", "{ POSTGRES_PASSWORD: '${DB:-word}' }", ["DB", "password", "word"]],
  ["a service's variable in a list", "['LITELLM_SALT_KEY=${ONE:-word}']", ["ONE", "salt", "word"]],
  ["a URL's password", "{ U: 'postgresql://${USER:-u}:${DB:-word}@db/l' }", ["DB", "password", "word"]],
  [
    "a default in a default",
    "{ U: '${DB_URL:-postgresql://u:${DB_PASS:-word}@db/l}' }",
    ["DB_PASS", "password", "word"],
  ],
])("a secret by %s", (_, environment, expected) => {
  expect(defaultsOf(environment).map(({ name, kind, value }) => [name, kind, value])).toEqual([expected]);
});

test.each([
  ["empty", "{ REDIS_PASSWORD: '${REDIS_PASSWORD:-}' }"],
  ["empty somewhere else", "{ A: '${API_KEY:-}', B: '${API_KEY:-replaceme}' }"],
  ["made of another variable", "{ A: '${API_KEY:-$OTHER}' }"],
  ["a switch", "{ A: '${API_KEY:-none}' }"],
  ["the place of a secret", "{ A: '${API_KEY:-/run/secrets/key}' }"],
  ["a text for a server that asks for no key", "{ A: '${OPENAI_API_KEY:-not-needed}' }"],
  ["escaped", "{ A: '$${API_KEY:-replaceme}' }"],
  ["of an ordinary variable", "{ A: '${REGION:-north}' }"],
])("a default that is %s does not count", (_, environment) => {
  expect(defaultsOf(environment)).toEqual([]);
});

test("what an env file sets is not open", () => {
  const all = defaultsOf(
    "['${A_TOKEN:-word}', '${B_TOKEN-word}', '${C_TOKEN:-word}', '${DSN:-postgresql://u:p@db/l}']",
  );
  const open = (text: string, isExample: boolean): string[] =>
    openDefaults(all, { path: ".env", text, isExample, isFound: true }).map(({ name }) => name);
  const text = "A_TOKEN=mine\nB_TOKEN=\n";
  expect(open(text, true)).toEqual(["C_TOKEN", "DSN"]);
  expect(open(text, false)).toEqual([]);
  expect(open("C_TOKEN=\n", true)).toEqual(["A_TOKEN", "B_TOKEN", "C_TOKEN", "DSN"]);
});

test("a default is the value to start from where secrets of other kinds do not share it", () => {
  const all = defaultsOf(
    "{ A: '${A_PASSWORD:-changeme1}', B: '${B_KEY:-changeme1}', C: '${C_KEY:-key-4711}', D: '${D_KEY:-word}', E: '${E_PASSWORD:-two words}' }",
  );
  expect(all.filter((one) => isUsable(one, all)).map(({ name }) => name)).toEqual(["A_PASSWORD", "C_KEY"]);
});
