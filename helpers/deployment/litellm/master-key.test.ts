import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { writtenFolder } from "../source/written-folder.ts";

/** The faults of a LiteLLM that gets no master key, and whose command names no config. */
function faultsWith(more: string, files: Readonly<Record<string, string>> = {}): string[] {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
${more}`,
    "config.yaml": "general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }\n",
    ...files,
  });
  const facts = readFacts(deployment.folder);
  facts.liteLLM();
  return facts.faults.faults.map(({ line, what, fix }) => `${line}: ${what}; ${fix}`);
}

const setIt = "set LITELLM_MASTER_KEY to a long random value in LiteLLM's environment";

test("without a config, the variable is the place of a master key", () => {
  expect(faultsWith("")).toEqual([
    `2: LiteLLM has no master key: LiteLLM 1.106.2 refuses to start without one; ${setIt}`,
  ]);
});

test("where a config is mounted and not read, this is why there is no master key", () => {
  const mounted = `    environment: { LITELLM_CONFIG_PATH: /app/config.yaml }
    volumes: ["./config.yaml:/app/config.yaml"]
`;
  expect(faultsWith(mounted)).toEqual([
    "4: LITELLM_CONFIG_PATH names /app/config.yaml, and LiteLLM has no such variable, so LiteLLM has no master key: " +
      "LiteLLM 1.106.2 refuses to start without one; " +
      `add command: ["--config", "/app/config.yaml"], or the variable CONFIG_FILE_PATH, and ${setIt}`,
  ]);
});

test.each([["a script in the command"], ["a script of the deployment"]])(
  "a master key that %s reads from an external secret is set",
  (where) => {
    const read = "export LITELLM_MASTER_KEY=$$(cat /run/secrets/master_key); exec litellm --config /app/config.yaml";
    const own =
      where === "a script in the command" ? `    command: [sh, -c, "${read}"]\n` : "    command: [sh, /start.sh]\n";
    const mounts = "    volumes: ['./config.yaml:/app/config.yaml', './start.sh:/start.sh']\n";
    const more = `${own}${mounts}    secrets: [master_key]\nsecrets: { master_key: { external: true } }\n`;
    expect(faultsWith(more, { "start.sh": `#!/bin/sh\n${read.replace("$$", "$")}\n` })).toEqual([]);
  },
);

test("a master key that a loop of the script exports from the secret with its name is set", () => {
  const script = `      - |
        for name in LITELLM_MASTER_KEY DATABASE_URL; do
          f="/run/secrets/litellm--$$(echo $$name | tr '[:upper:]' '[:lower:]')"
          [ -f "$$f" ] && export "$$name"="$$(cat $$f)"
        done
        exec docker/prod_entrypoint.sh --config=/app/config.yaml
`;
  const more = `    entrypoint: [/bin/bash, -c]\n    command:\n${script}    volumes: ['./config.yaml:/app/config.yaml']\n`;
  const secret = (name: string): string => `    secrets: [${name}]\nsecrets: { ${name}: { external: true } }\n`;
  expect(faultsWith(`${more}${secret("litellm--litellm_master_key")}`)).toEqual([]);
  expect(faultsWith(`${more}${secret("litellm--other")}`)).toHaveLength(1);
});
