import { expect, test } from "vitest";
import { findProjects } from "../files/projects.ts";
import { smallDeployment } from "../small-deployment.ts";
import { hostValues } from "./host-values.ts";

const network = "networks: { web: { external: true, name: '${WEB_NETWORK}' } }\n";
const litellm = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { LITELLM_MASTER_KEY: '\${LITELLM_MASTER_KEY}', DB_PASSWORD: '\${DB_PASSWORD}' }
    networks: [web]
${network}`;
const traefik = `services:
  traefik:
    image: traefik:v3.5.3
    command: ["--providers.docker.network=\${WEB_NETWORK}"]
    networks: [web]
${network}`;
const stacks = { "litellm/compose.yaml": litellm, "traefik/compose.yaml": traefik };

function values(files: Readonly<Record<string, string>>): ReturnType<typeof hostValues> {
  using deployment = smallDeployment({ ...stacks, ...files });
  return hostValues(deployment.folder, findProjects(deployment.folder));
}

test("a variable that a project's example leaves open has the value of the root's env file; a secret has a placeholder", () => {
  const { standIns, files } = values({
    ".env.example": "WEB_NETWORK=proxy\nDB_PASSWORD=changeme\n",
    "litellm/.env.example": "LITELLM_MASTER_KEY=\n",
  });
  const text = standIns.map((one) => one.text).join("\n");
  expect(text).toContain("WEB_NETWORK=proxy\n");
  expect(text).toContain("DB_PASSWORD=placeholder-db-password\n");
  expect(files.get("./litellm/.env")?.questions).toEqual([
    "what does ./litellm/.env set? It is not in this folder; init.env stands for it, with placeholders for LITELLM_MASTER_KEY, " +
      "DB_PASSWORD and the values of .env for WEB_NETWORK",
  ]);
});

test("a variable that a project's own env file does not set is stated with the value of another one", () => {
  const own = { "litellm/.env": "LITELLM_MASTER_KEY=sk-1\nDB_PASSWORD=x\n", "traefik/.env": "WEB_NETWORK=proxy\n" };
  expect([...values(own).variables]).toEqual([
    [
      "WEB_NETWORK",
      {
        value: "proxy",
        questions: [
          "is WEB_NETWORK (litellm/compose.yaml:6) 'proxy', as traefik/.env has it? The project's own env file does not set it",
        ],
      },
    ],
  ]);
});

test.each([
  ["two env files set it differently", { ".env": "WEB_NETWORK=one\n", "traefik/.env": "WEB_NETWORK=two\n" }],
  ["its own env file leaves it empty", { "litellm/.env": "WEB_NETWORK=\n", "traefik/.env": "WEB_NETWORK=two\n" }],
  ["the env file is that of no project", { "photos/.env": "WEB_NETWORK=photos\n" }],
])("a variable gets no value of another env file where %s", (_, files) => {
  const { variables, standIns } = values({ "litellm/.env": "LITELLM_MASTER_KEY=sk-1\n", ...files });
  expect(variables.has("WEB_NETWORK")).toBe(false);
  expect(standIns.some(({ text }) => /WEB_NETWORK=(?:one|two|photos)/.test(text))).toBe(false);
});
