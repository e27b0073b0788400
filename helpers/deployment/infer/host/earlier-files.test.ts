import { expect, test } from "vitest";
import { findProjects } from "../files/projects.ts";
import { smallDeployment } from "../small-deployment.ts";
import { hostValues } from "./host-values.ts";

const compose = (lines: string): string =>
  `services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.77.1\n${lines}`;

/** What `init` states for files of the host, with its questions, and the files that it writes. */
function stated(lines: string, policy: string, files: Readonly<Record<string, string>>) {
  using deployment = smallDeployment({ "compose.yaml": compose(lines), "policy.yaml": policy, ...files });
  const values = hostValues(deployment.folder, findProjects(deployment.folder));
  return {
    files: [...values.files].map(([path, { value, questions = [] }]) => [path, value, questions.length]),
    written: values.standIns.map(({ file }) => file),
    variables: [...values.variables.keys()],
  };
}

const mount = "    command: --config /app/config/main.yaml\n    volumes: ['/opt/llm:/app/config:ro']\n";
const copies = {
  "settings/main.yaml": "model_list: []\n",
  "settings-of-host/main.yaml": "model_list: []\n",
  "of-host/llm/x": "",
};

test.each<[string, string, (string | number)[][]]>([
  ["another copy", "files: { /opt/llm: ./settings-of-host }\n", [["/opt/llm", "./settings-of-host", 0]]],
  ["one of a directory above", "files: { /opt/: ./of-host }\n", [["/opt/", "./of-host", 0]]],
  ["the guess without its question", "files: { /opt/llm: ./settings }\n", [["/opt/llm", "./settings", 0]]],
  [
    "the guess with its question",
    "files:\n  # QUESTION: is settings a copy of /opt/llm,\n  # which is not in this folder?\n  /opt/llm: ./settings\n",
    [["/opt/llm", "./settings", 1]],
  ],
  ["a copy that is not there", "files: { /opt/llm: ./gone }\n", [["/opt/llm", "./settings", 1]]],
  ["nothing", "hosts: []\n", [["/opt/llm", "./settings", 1]]],
  ["text that is no policy", "not a policy\n", [["/opt/llm", "./settings", 1]]],
  [
    "a file that no compose file names",
    "files: { /opt/llm: ./settings-of-host, /srv/x: ./settings }\n",
    [
      ["/opt/llm", "./settings-of-host", 0],
      ["/srv/x", "./settings", 0],
    ],
  ],
])("what an earlier policy names in place of a guess stays: %s", (_, policy, files) => {
  expect(stated(mount, policy, copies).files).toEqual(files);
});

test("a template that the earlier policy names is not filled in", () => {
  const policy = "files: { /opt/main.yaml: ./main.yaml.tmpl }\n";
  const lines = "    command: --config /app/main.yaml\n    volumes: ['/opt/main.yaml:/app/main.yaml']\n";
  expect(stated(lines, policy, { "main.yaml.tmpl": "a: ${NAME}\n" })).toMatchObject({
    files: [["/opt/main.yaml", "./main.yaml.tmpl", 0]],
    written: [],
  });
});

test("env files and secrets that the earlier policy names get no stand-in, and their values count", () => {
  const lines =
    "    env_file: [/srv/litellm.env, /srv/other.env]\n    environment: { A: '${REGION:?}', B: '${ZONE:?}' }\n    secrets: [key]\nsecrets: { key: { file: /srv/key } }\n";
  const files = {
    ".env.example": "REGION=\n",
    "real/main.env": "REGION=north\n",
    "real/litellm.env": "LITELLM_MASTER_KEY=sk-one-0000\n",
    "real/key": "k",
  };
  const policy = "files: { ./.env: ./real/main.env, /srv/litellm.env: ./real/litellm.env, /srv/key: ./real/key }\n";
  const found = stated(lines, policy, files);
  expect(found.files).toEqual([
    ["/srv/other.env", "./init.env", 1],
    ["./.env", "./real/main.env", 0],
    ["/srv/litellm.env", "./real/litellm.env", 0],
    ["/srv/key", "./real/key", 0],
  ]);
  expect([found.written, found.variables]).toEqual([["init.env"], ["ZONE"]]);
});

test("what init wrote itself is made again, and a file that is in the folder by now needs no other", () => {
  const policy = "files: { ./.env: ./init.env, ./mcp.env: ./old.env }\n";
  const lines = "    env_file: mcp.env\n    environment: { A: '${REGION}' }\n";
  const files = { "init.env": "REGION=north\n", "old.env": "", "mcp.env": "LITELLM_MASTER_KEY=sk-one-0000\n" };
  expect(stated(lines, policy, files)).toMatchObject({ files: [["./.env", "./init.env", 1]], written: ["init.env"] });
});
