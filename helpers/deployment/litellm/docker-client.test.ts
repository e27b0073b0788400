import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { writtenFolder } from "../source/written-folder.ts";

const official = "image: ghcr.io/berriai/litellm:main-v1.77.1";

/** Line, reason and effect of what is found about a server with `command: docker` in a LiteLLM with these settings. */
function found(settings: string, dockerfile = "", env = ""): { findings: string[]; cannotStart: unknown } {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  litellm:
    ${settings}
    command: [--config, /etc/litellm/config.yaml]
    environment: { LITELLM_MASTER_KEY: sk-0123456789abcdef }
    configs: [{ source: config, target: /etc/litellm/config.yaml }]
configs: { config: { file: ./config.yaml } }
`,
    "config.yaml": `mcp_servers:
  time:
    transport: stdio
    command: docker
    args: [run, -i, --rm, mcp/time]
${env}`,
    Dockerfile: dockerfile,
  });
  const facts = readFacts(deployment.folder);
  const [upstream] = facts.liteLLM()?.config?.upstreams ?? [];
  expect(facts.faults.faults).toEqual([]);
  const own = facts.notes.notes.filter(({ what }) => what.includes("can't start 'docker'"));
  expect(facts.liteLLM()?.config?.serverFindings.has("time")).toBe(own.length > 0);
  return {
    findings: own.map(({ file, line, why, weight }) => `${file.split("/").at(-1)}:${line} ${why} (${weight})`),
    cannotStart: upstream?.transport === "stdio" && upstream.cannotStart,
  };
}

const noClient = {
  findings: ["config.yaml:4 its image has no Docker client (stops)"],
  cannotStart: "its image has no Docker client",
};
const why = "its container has neither the engine's socket nor DOCKER_HOST";
const noEngine = { findings: [`config.yaml:4 ${why} (stops)`], cannotStart: why };
const nothing = { findings: [], cannotStart: undefined };
const socket = 'volumes: ["/var/run/docker.sock:/var/run/docker.sock"]';
const base = "FROM ghcr.io/berriai/litellm:main-v1.77.1\n";

test.each([
  ["LiteLLM's image", official, "", "", noClient],
  ["LiteLLM's image with the socket", `${official}\n    ${socket}`, "", "", noClient],
  [
    "a build on it without a client",
    `build: .\n    ${socket}`,
    `${base}# no docker\nRUN pip install x\n`,
    "",
    noClient,
  ],
  ["a build on it with a client and no socket", "build: .", `${base}RUN apk add docker-cli\n`, "", noEngine],
  ["a build on it with both", `build: .\n    ${socket}`, `${base}RUN apk add docker-cli\n`, "", nothing],
  ["another image", "image: registry.example/gateway:1", "", "", nothing],
  [
    "a build on it with a client and DOCKER_HOST",
    "build: .",
    `${base}RUN apk add docker-cli\n`,
    "    env: { DOCKER_HOST: 'tcp://dind:2375' }\n",
    nothing,
  ],
  [
    "LiteLLM's image with the host's client",
    `${official}\n    volumes: ["/usr/bin/docker:/usr/bin/docker", "/var/run/docker.sock:/var/run/docker.sock"]`,
    "",
    "",
    nothing,
  ],
  [
    "LiteLLM's image and a start that installs the client",
    `${official}\n    ${socket}\n    entrypoint: [sh, -c, 'apk add docker-cli && exec litellm --config /etc/litellm/config.yaml']`,
    "",
    "",
    nothing,
  ],
])("a server that LiteLLM starts with docker: %s", (_, settings, dockerfile, env, expected) => {
  expect(found(settings, dockerfile, env)).toEqual(expected);
});
