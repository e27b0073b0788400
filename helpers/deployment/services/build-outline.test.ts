import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { builtLiteLLMVersion } from "./build-outline.ts";
import { readDockerfile } from "./dockerfile.ts";
import { liteLLMPortOf } from "./litellm-port.ts";

const config = "model_list: [{ model_name: gpt-5, litellm_params: { model: openai/gpt-5 } }]\n";
const dockerfile = `FROM ghcr.io/berriai/litellm:main-v1.77.1
WORKDIR /srv
COPY config.yaml .
ENV PORT=8000 PYTHONPATH=/srv/hooks PATH=/srv/bin
CMD ["--config", "config.yaml"]
`;

function factsOf(service: string, text = dockerfile): ReturnType<typeof readFacts> {
  using deployment = smallDeployment({
    "compose.yaml": `services: { litellm: { build: ., ${service} } }\n`,
    Dockerfile: text,
    "config.yaml": config,
  });
  const facts = readFacts(deployment.folder);
  facts.liteLLM();
  return facts;
}

test("the config, the port and the version of a LiteLLM that is built are those of its Dockerfile", () => {
  const facts = factsOf("");
  expect(facts.faults.faults).toEqual([]);
  expect(facts.liteLLM()?.config).toMatchObject({ version: "1.77.1", models: [{ value: "gpt-5" }] });
  const litellm = facts.compose?.services.get("litellm");
  expect(litellm && liteLLMPortOf(litellm)).toBe(8000);
  expect(litellm?.workingDir).toBe("/srv");
  expect([...(litellm?.environment.keys() ?? [])]).toEqual(["PORT", "PYTHONPATH"]);
  const lines = dockerfile.split("\n");
  expect(litellm?.commandWords[0]?.location.line).toBe(lines.findIndex((line) => line.startsWith("CMD")) + 1);
  expect(litellm?.environment.get("PORT")?.location.line).toBe(lines.findIndex((line) => line.startsWith("ENV")) + 1);
});

test("what the compose file says counts before the Dockerfile", () => {
  const litellm = factsOf('command: ["--port", "5000"], environment: { PORT: "6000" }').compose?.services.get(
    "litellm",
  );
  expect(litellm).toMatchObject({ command: ["--port", "5000"], entrypoint: undefined });
  expect(litellm?.environment.get("PORT")?.value).toBe("6000");
});

test("an entry point of the compose file leaves out the Dockerfile's command", () => {
  expect(factsOf("entrypoint: [litellm]").compose?.services.get("litellm")?.command).toBeUndefined();
});

test("on another image than LiteLLM's, a command is the program with its options", () => {
  const text = dockerfile.replace(
    "ghcr.io/berriai/litellm:main-v1.77.1",
    "python:3.12\nRUN pip install litellm[proxy]",
  );
  const ofDockerfile = text.replace('["--config"', '["litellm", "--config"');
  for (const facts of [factsOf("", ofDockerfile), factsOf("command: litellm --config config.yaml", text)]) {
    const litellm = facts.compose?.services.get("litellm");
    expect(litellm).toMatchObject({ entrypoint: ["litellm"], command: ["--config", "config.yaml"] });
    expect(facts.liteLLM()?.config.models).toMatchObject([{ value: "gpt-5" }]);
  }
});

test("a script that the Dockerfile copies starts LiteLLM, and may be executed", () => {
  const script = dockerfile.replace(/CMD.*\n/, 'COPY start.sh /app/start.sh\nENTRYPOINT ["/app/start.sh"]\n');
  using deployment = smallDeployment({
    "compose.yaml": "services: { litellm: { build: . } }\n",
    Dockerfile: script,
    "config.yaml": config,
    "start.sh": "#!/bin/sh\nexec litellm --config /srv/config.yaml --port 11435\n",
  });
  const facts = readFacts(deployment.folder);
  facts.liteLLM();
  expect(facts.faults.faults).toEqual([]);
  const litellm = facts.compose?.services.get("litellm");
  expect(litellm?.entrypoint).toEqual(["/app/start.sh"]);
  expect(litellm?.mounts.map(({ target, isProgram }) => [target, isProgram])).toEqual([
    ["/srv/config.yaml", undefined],
    ["/app/start.sh", true],
  ]);
  expect(facts.liteLLM()?.config.models).toMatchObject([{ value: "gpt-5" }]);
  expect(litellm && liteLLMPortOf(litellm)).toBe(11435);
});

test("what a Dockerfile copies from outside of its context is left out", () => {
  const litellm = factsOf(
    "",
    dockerfile.replace("COPY config.yaml .", "COPY ../../etc/hostname /srv/name"),
  ).compose?.services.get("litellm");
  expect(litellm?.mounts).toEqual([]);
});

test.each([
  ["nothing", "", ["/srv"]],
  ["a file", ".env\n", ["/srv/Dockerfile", "/srv/compose.yaml", "/srv/config.yaml", "/srv/hooks"]],
  [
    "a file in a directory",
    "hooks/b.py\n",
    ["/srv/.env", "/srv/Dockerfile", "/srv/compose.yaml", "/srv/config.yaml", "/srv/hooks/a.py"],
  ],
  ["all but some", "*\n!config.yaml\n!hooks/a.py\n", ["/srv/config.yaml", "/srv/hooks/a.py"]],
])("what .dockerignore leaves out is not in the image: %s", (_, ignore, expected) => {
  using deployment = smallDeployment({
    "compose.yaml": "services: { litellm: { build: . } }\n",
    Dockerfile: dockerfile.replace("COPY config.yaml .", "COPY . ."),
    "config.yaml": config,
    ".env": "PORT=1\n",
    "hooks/a.py": "",
    "hooks/b.py": "",
    ...(ignore === "" ? {} : { "Dockerfile.dockerignore": `${ignore}*.dockerignore\n` }),
  });
  const mounts = readFacts(deployment.folder).compose?.services.get("litellm")?.mounts ?? [];
  expect(mounts.map(({ target }) => target).toSorted()).toEqual(expected);
});

test.each([
  ["config.yaml\n", ["config.yaml"]],
  ["*\n!hooks/a.py\n", ["config.yaml"]],
  ["hooks\n", ["hooks"]],
  ["hooks/a.py\n", []],
  ["*\n!config.yaml\n!hooks\n", []],
])("a COPY of what .dockerignore leaves out is a finding, because the build ends there: %j", (ignore, expected) => {
  using deployment = smallDeployment({
    "compose.yaml": "services: { litellm: { build: . } }\n",
    Dockerfile: dockerfile.replace("COPY config.yaml .", "COPY config.yaml .\nCOPY hooks ./hooks\nCOPY missing.py ."),
    "config.yaml": config,
    "hooks/a.py": "",
    ".dockerignore": ignore,
  });
  const absent = readFacts(deployment.folder).compose?.services.get("litellm")?.absentMounts ?? [];
  expect(absent.map(({ what, location: { line } }) => [what, line])).toEqual(
    expected.map((source) => [
      `COPY names '${source}', and .dockerignore leaves it out of the build context`,
      source === "hooks" ? 4 : 3,
    ]),
  );
});

test("a service without LiteLLM in it stays as it is", () => {
  const other = factsOf(
    "",
    'FROM node:24\nRUN pip install litellm\nWORKDIR /x\nENV PORT=1\nCMD ["node", "a.js"]\n',
  ).compose?.services.get("litellm");
  expect(other).toMatchObject({ command: undefined, workingDir: undefined });
});

test.each([
  ["FROM python:3.9-slim\nRUN pip install 'litellm[proxy]==1.80.0'\n", "1.80.0"],
  ["FROM python:3.9-slim\nRUN pip install litellm[proxy]\n", undefined],
  ["FROM berriai/litellm:main-v1.77.1\n", "1.77.1"],
  ["FROM berriai/litellm:main-v1.77.1\nRUN pip install litellm==1.80.0\n", "1.80.0"],
  ["FROM node:24\n", undefined],
])("the version in %j is %s", (text, version) => {
  expect(builtLiteLLMVersion(readDockerfile(text))).toBe(version);
});
