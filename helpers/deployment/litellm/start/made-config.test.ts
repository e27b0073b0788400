import { join } from "node:path";
import { expect, test } from "vitest";
import { type Facts, readFacts } from "../../facts.ts";
import { writtenFolder } from "../../source/written-folder.ts";

const template = `mcp_servers:
  news: { url: "$NEWS_URL", transport: http }
general_settings:
  master_key: $LITELLM_MASTER_KEY
`;
const ofSed = template.replaceAll(/\$(\w+)/g, "__$1__");

/** The facts of a LiteLLM whose start makes its config from `config.template.yaml`. */
function factsOf(
  start: string,
  files: Readonly<Record<string, string>> = {},
  replace?: ReadonlyMap<string, string>,
): Facts & { folder: string } {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
    environment: { LITELLM_MASTER_KEY: "\${LITELLM_MASTER_KEY}", NEWS_URL: "http://news:8000/mcp" }
    volumes: ["./config.template.yaml:/app/config.template.yaml:ro", "./start.sh:/start.sh:ro"]
${start}`,
    ".env": "LITELLM_MASTER_KEY=sk-0123456789abcdef\n",
    "config.template.yaml": template,
    "start.sh": "#!/bin/sh\n",
    ...files,
  });
  const facts = readFacts(deployment.folder, { replace });
  facts.liteLLM();
  return facts;
}

const inShell = (script: string): string => `    entrypoint: [sh, -c]\n    command: [${JSON.stringify(script)}]\n`;
const asScript = '    entrypoint: ["/start.sh"]\n    command: [--port, "4100"]\n';

test.each<[string, string, Record<string, string>]>([
  [
    "envsubst",
    inShell("envsubst < /app/config.template.yaml > /app/config.yaml && litellm --config /app/config.yaml"),
    {},
  ],
  [
    "envsubst in a pipe",
    inShell("cat config.template.yaml | envsubst | tee /tmp/c.yaml; exec litellm --config=/tmp/c.yaml"),
    {},
  ],
  [
    "a mounted script",
    asScript,
    {
      "start.sh":
        "#!/bin/sh\nset -e\nenvsubst '$$NEWS_URL $LITELLM_MASTER_KEY' < /app/config.template.yaml > /tmp/c.yaml\nexec litellm --config /tmp/c.yaml \"$@\"\n",
    },
  ],
  [
    "a shell with a mounted script behind an init program",
    '    entrypoint: [tini, --, /bin/sh]\n    command: ["/start.sh"]\n',
    { "start.sh": "envsubst < /app/config.template.yaml > /tmp/c.yaml\nlitellm --config /tmp/c.yaml\n" },
  ],
  [
    "sed",
    inShell(
      'sed -e "s|__NEWS_URL__|$$NEWS_URL|g" -e "s/__LITELLM_MASTER_KEY__/$${LITELLM_MASTER_KEY}/" /app/config.template.yaml > /tmp/c.yaml; litellm --config /tmp/c.yaml',
    ),
    { "config.template.yaml": ofSed },
  ],
  [
    "sed in place, on a copy",
    inShell(
      'cp /app/config.template.yaml /tmp/c.yaml && sed -i "s|__NEWS_URL__|$$NEWS_URL|; s|__LITELLM_MASTER_KEY__|$$LITELLM_MASTER_KEY|" /tmp/c.yaml && litellm --config /tmp/c.yaml',
    ),
    { "config.template.yaml": ofSed },
  ],
])("a config that a script makes from a template is read with its variables: %s", (_, start, files) => {
  const facts = factsOf(start, files);
  const config = facts.liteLLM()?.config;
  expect(facts.faults.faults).toEqual([]);
  expect(config?.gap).toBeUndefined();
  expect(config?.masterKey).toBe("sk-0123456789abcdef");
  expect(config?.upstreams).toMatchObject([
    {
      name: "news",
      url: "http://news:8000/mcp",
      location: { file: join(facts.folder, "config.template.yaml"), line: 2 },
    },
  ]);
  expect(
    facts.notes.notes.filter(({ kind }) => kind !== "finding").map(({ kind, what, line }) => [kind, what, line]),
  ).toEqual([
    [
      "change",
      expect.stringMatching(/^LiteLLM's config \S+ is made from \/app\/config\.template\.yaml before the run/),
      1,
    ],
  ]);
  expect(facts.liteLLM()?.text?.at("mcp_servers", "news")).toBeDefined();
});

test("a run starts LiteLLM's own command, with what the script exports and the script's arguments", () => {
  const facts = factsOf(asScript, {
    "start.sh":
      '#!/bin/sh\nexport EXTRA="a $NEWS_URL"\nenvsubst < /app/config.template.yaml > /tmp/c.yaml\nexec litellm --config /tmp/c.yaml "$@" 2>&1\n',
  });
  const service = facts.compose?.services.get("litellm");
  expect([service?.entrypoint, service?.command]).toEqual([["litellm"], ["--config", "/tmp/c.yaml", "--port", "4100"]]);
  expect(service?.environment.get("EXTRA")?.value).toBe("a http://news:8000/mcp");
});

test("a run's canary is in the config where the script writes the secret", () => {
  const start = inShell("envsubst < /app/config.template.yaml > /tmp/c.yaml && litellm --config /tmp/c.yaml");
  const facts = factsOf(start, {}, new Map([["LITELLM_MASTER_KEY", "sk-canary-master-0001"]]));
  expect(facts.liteLLM()?.config?.masterKey).toBe("sk-canary-master-0001");
  expect(JSON.stringify(facts.liteLLM()?.config?.files)).not.toContain("0123456789abcdef");
});

test.each([
  ["a program that is not followed", "python3 render.py /app/config.template.yaml > /tmp/c.yaml"],
  ["a condition", "if [ -n x ]; then envsubst < /app/config.template.yaml > /tmp/c.yaml; fi"],
  ["a later program", "cp /app/config.template.yaml /tmp/c.yaml; yq -i .x=1 /tmp/c.yaml"],
  ["a regular expression with groups", "sed 's/\\\\(a\\\\)/b/' /app/config.template.yaml > /tmp/c.yaml"],
  ["a template that is in the image", "envsubst < /opt/c.tmpl > /tmp/c.yaml"],
  ["more text", "envsubst < /app/config.template.yaml > /tmp/c.yaml; echo x >> /tmp/c.yaml"],
])("a config that is made in another way is not proved, and no fault: %s", (_, script) => {
  const facts = factsOf(inShell(`${script}; litellm --config /tmp/c.yaml`));
  expect(facts.faults.faults).toEqual([]);
  expect(facts.liteLLM()?.config?.gap?.what).toBe(
    "LiteLLM's config /tmp/c.yaml is made by the script in its command, when the container starts",
  );
});

test("a script that a shell of the entry point starts makes the config, and no fault says otherwise", () => {
  const start = '    entrypoint: ["/bin/bash"]\n    command: ["/start.sh", "--config", "/tmp/c.yaml"]\n';
  const facts = factsOf(start, { "start.sh": 'python3 /render.py\nexec litellm "$@"\n' });
  expect(facts.faults.faults).toEqual([]);
  expect(facts.liteLLM()?.config?.gap?.what).toContain("is made by /start.sh, when the container starts");
});
