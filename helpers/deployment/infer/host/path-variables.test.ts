import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findProjects } from "../files/projects.ts";
import { inferFromFiles } from "../infer-from-files.ts";
import { inferPolicy } from "../infer-policy.ts";
import { smallDeployment } from "../small-deployment.ts";
import { hostValues } from "./host-values.ts";

const compose = (volumes: string, rest = ""): string => `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: --config /app/config.yaml
    volumes: ${volumes}
${rest}`;

function pathsOf(files: Readonly<Record<string, string>>): Record<string, string> {
  using deployment = smallDeployment(files);
  const { variables } = hostValues(deployment.folder, findProjects(deployment.folder));
  return Object.fromEntries([...variables].map(([name, { value }]) => [name, value]));
}

const config = "model_list: []\n";
const mount = '["${DATA_DIR}/config.yaml:/app/config.yaml", "${DATA_DIR}/pg:/var/lib/postgresql/data"]';

test.each([
  ["the folder itself", { "config.yaml": config }, "./"],
  ["a folder in it", { "config/config.yaml": config, "other/x": "" }, "./config"],
  [
    "the one with the data, of several",
    { "a/config.yaml": config, "data/config.yaml": config, "data/pg/x": "" },
    "./data",
  ],
  ["none, where no folder has the file: it is on the gateway host", { "data/other.yaml": config }, "/data-dir"],
])("a variable that begins paths is taken for the folder that has the files: %s", (_, files, expected) => {
  expect(pathsOf({ "compose.yaml": compose(mount), ...files })).toEqual({ DATA_DIR: expected });
});

test("a folder counts that has each file below the variable: a mount, an env file and a build's context", () => {
  const rest = `    env_file: \${DATA_DIR}/litellm.env
  tool:
    build: \${DATA_DIR}/tool
    volumes: [{ type: bind, source: "\${DATA_DIR}/tool.json", target: /tool.json, read_only: true }]
`;
  const files = {
    "compose.yaml": compose(mount, rest),
    "config.yaml": config,
    "srv/config.yaml": config,
    "srv/litellm.env.example": "",
    "srv/tool/Dockerfile": "FROM scratch\n",
    "srv/tool.json": "{}",
  };
  expect(pathsOf(files)).toEqual({ DATA_DIR: "./srv" });
});

test("a variable of several projects whose files are in different folders is a path of the gateway host", () => {
  const files = {
    "ai/compose.yaml": compose('["${DATA_DIR}/config.yaml:/app/config.yaml"]'),
    "ai/config.yaml": config,
    "edge/compose.yaml": `services:
  traefik: { image: "traefik:v3.5.3", volumes: ["\${DATA_DIR}/traefik.yml:/etc/traefik/traefik.yml"] }
`,
    "edge/traefik.yml": "entryPoints: { web: { address: ':80' } }\n",
  };
  using deployment = smallDeployment(files);
  const { variables, files: copies } = hostValues(deployment.folder, findProjects(deployment.folder));
  expect(variables.get("DATA_DIR")?.value).toBe("/data-dir");
  expect([...copies].map(([path, { value }]) => [path, value])).toEqual([
    ["/data-dir/config.yaml", "./ai/config.yaml"],
    ["/data-dir/traefik.yml", "./edge/traefik.yml"],
  ]);
});

test("a registry, or an address in an environment, does not count as a path", () => {
  const files = {
    "compose.yaml": `services:
  litellm:
    image: \${REGISTRY}/berriai/litellm:main-v1.77.1
    environment: { PROXY_BASE_URL: "\${BASE_URL}/llm" }
`,
  };
  expect(pathsOf(files)).toEqual({});
});

test("what no folder has is asked for, and makes neither a fault nor a finding", async () => {
  using deployment = smallDeployment({
    "compose.yaml": compose(
      '["${DATA_DIR}/config.yaml:/app/config.yaml", "${DATA_DIR}/hooks.py:/app/hooks.py"]',
      "    environment: { LITELLM_MASTER_KEY: '${MASTER_KEY}' }\n",
    ),
  });
  const { folder } = deployment;
  const projects = findProjects(folder);
  const host = hostValues(folder, projects);
  for (const { file, text } of host.standIns) writeFileSync(join(folder, file), text);
  const inference = await inferFromFiles({ folder, projects, host, versions: undefined, versionsOf: () => [] });
  const { questions } = inferPolicy({ ...inference, missing: new Map() });
  expect(questions.filter((question) => /missing/.test(question))).toEqual([]);
  expect(questions).toEqual([
    expect.stringMatching(/LiteLLM's config \/app\/config\.yaml is \/data-dir\/config\.yaml of the gateway host/),
  ]);
});
