import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";

const config = "model_list: [{ model_name: gpt-5, litellm_params: { model: openai/gpt-5 } }]\n";

function versionOf(service: string, files: Readonly<Record<string, string>> = {}): string | undefined {
  using deployment = smallDeployment({
    "compose.yaml": `services:\n  litellm:\n    volumes: [./config.yaml:/app/config.yaml, ./start.sh:/start.sh]\n${service}`,
    "config.yaml": config,
    "start.sh": "exec litellm --config /app/config.yaml\n",
    ...files,
  });
  return readFacts(deployment.folder).liteLLM()?.config?.version;
}

const python = "    image: python:3.12-slim\n";
const plain = "    image: ghcr.io/berriai/litellm:main-latest\n";
const start = "litellm --config /app/config.yaml";

test.each([
  ["a shell's command", `${python}    command: sh -c "pip install 'litellm[proxy]==1.80.0' && ${start}"\n`],
  [
    "an entry point and a list",
    `${plain}    entrypoint: [/bin/sh, -c]\n    command: ["pip install --no-cache-dir litellm==1.80.0; exec ${start}"]\n`,
  ],
  ["uv", `${python}    command: sh -c "uv pip install --system litellm[proxy]==1.80.0 && ${start}"\n`],
  ["a launcher", `    image: ghcr.io/astral-sh/uv:0.9.2\n    command: uvx --from 'litellm[proxy]==1.80.0' ${start}\n`],
  [
    "a variable of the service",
    `${python}    environment: { LITELLM_VERSION: 1.80.0 }\n    command: sh -c "pip install litellm==$\${LITELLM_VERSION} && ${start}"\n`,
  ],
  [
    "another version than the image's",
    `    image: ghcr.io/berriai/litellm:main-v1.77.1\n    command: sh -c "pip install litellm==1.80.0 && ${start}"\n`,
  ],
])("the version is the one that the start installs: %s", (_, service) => {
  expect(versionOf(service)).toBe("1.80.0");
});

test("the version is the one that a script of the deployment installs, also by a variable's default", () => {
  const script = `#!/bin/sh\n# pip install litellm==1.70.0\npip install "litellm[proxy]==\${VERSION:-1.80.0}"\nexec ${start}\n`;
  expect(versionOf(`${python}    entrypoint: [sh, /start.sh]\n`, { "start.sh": script })).toBe("1.80.0");
});

test("the version of Python is not LiteLLM's, and a start that installs something else says nothing", () => {
  const newest = versionOf(`${plain}    command: ${start}\n`);
  expect(versionOf(`${python}    command: sh -c "pip install litellm && ${start}"\n`)).toBe(newest);
  const other = `    image: ghcr.io/berriai/litellm:main-v1.77.1\n    command: sh -c "pip install litellm-extras==9.9.9 && ${start}"\n`;
  expect(versionOf(other)).toBe("1.77.1");
});
