import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { compose, litellm } from "../broken/broken-deployment.ts";
import { readFacts } from "../facts.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { writtenFolder } from "../source/written-folder.ts";
import type { LiteLLMConfig } from "./types.ts";

const reference = resolve(import.meta.dirname, "../../../deployments/reference");
const command = '    command: ["--config", "/app/config.yaml", "--port", "4000"]';
const mount = "./litellm/config.yaml:/app/config.yaml:ro";

function read(
  patches: readonly Patch[],
  version?: string,
): { config: LiteLLMConfig | undefined; faults: string[]; folder: string } {
  using copy = patchedCopy(reference, patches);
  const facts = readFacts(copy.folder, { versions: { litellm: version } });
  const config = facts.liteLLM()?.config;
  return { config, faults: facts.faults.faults.map(({ what }) => what), folder: copy.folder };
}

test.each<[string, Patch[]]>([
  ["the command", []],
  ["an option with =", [compose(command, '    command: ["--config=/app/config.yaml"]')]],
  ["a relative path", [compose(command, "    command: --config config.yaml")]],
  [
    "a shell in the entrypoint",
    [compose(command, '    entrypoint: ["/bin/sh", "-c", "export X=1 && exec litellm --config /app/config.yaml"]')],
  ],
  [
    "a shell in the command",
    [compose(command, `    command: sh -c "sleep 0; exec litellm --port 4000 --config '/app/config.yaml'"`)],
  ],
  [
    "an installing script before LiteLLM's own entry script",
    [
      compose(
        command,
        [
          '    entrypoint: ["/bin/sh", "-c"]',
          "    command:",
          "      - |",
          "        set -e",
          '        echo "installing uv (mcp<2)"',
          '        uv tool install --with "mcp<2" some-server==0.1.1',
          "        exec docker/prod_entrypoint.sh --config /app/config.yaml --port 4000",
        ].join("\n"),
      ),
    ],
  ],
  [
    "CONFIG_FILE_PATH",
    [
      compose(command, "    command: --port 4000"),
      compose(
        '      LITELLM_ENABLE_MCP_STDIO: "true"',
        '      LITELLM_ENABLE_MCP_STDIO: "true"\n      CONFIG_FILE_PATH: /app/config.yaml',
      ),
    ],
  ],
  [
    "a mounted directory",
    [compose(mount, "./litellm:/app/config:ro"), compose(command, "    command: --config /app/config/config.yaml")],
  ],
])("the config is found by %s", (_name, patches) => {
  const { config, folder } = read(patches);
  expect(config?.file).toBe(join(folder, "litellm/config.yaml"));
  expect(config?.upstreams.map(({ name }) => name)).toEqual(["postgres", "filesystem"]);
});

test("LiteLLM may run without a config: a database may hold everything", () => {
  const { config, faults } = read([compose(command, "    command: --port 4000")]);
  expect(faults).toEqual([]);
  expect(config).toMatchObject({ files: [], upstreams: [], models: [], masterKey: "sk-change-me-master-000000000000" });
});

test("a script's own variables count, and what it reads from mounted files", () => {
  const { config } = read([
    compose(
      command,
      '    entrypoint: ["sh", "-c", "export LITELLM_MASTER_KEY=$$(cat /run/key.txt) && litellm --config /app/config.yaml"]',
    ),
    compose(`      - ${mount}`, `      - ${mount}\n      - ./key.txt:/run/key.txt:ro`),
    { file: "key.txt", write: "sk-from-the-file\n" },
  ]);
  expect(config?.masterKey).toBe("sk-from-the-file");
});

test.each([
  ['["/bin/sh", "/entrypoint.sh", "/app/docker/prod_entrypoint.sh"]', '["--config", "/app/config.yaml"]'],
  ["/entrypoint.sh litellm", "--config /app/config.yaml"],
])("a script of the deployment may make the variables from secrets: entrypoint %s", (entrypoint, rest) => {
  const { config, faults } = read([
    compose(command, `    entrypoint: ${entrypoint}\n    command: ${rest}`),
    compose(
      `      - ${mount}`,
      `      - ${mount}\n      - ./start.sh:/entrypoint.sh:ro\n      - ./pw.txt:/run/secrets/PW:ro`,
    ),
    { file: "pw.txt", write: "from-the-file-1\n" },
    {
      file: "start.sh",
      write: `#!/bin/sh
set -e
# LITELLM_MASTER_KEY=sk-in-a-comment
_pw="$(cat /run/secrets/PW)"
export DATABASE_URL="postgresql://llm:\${_pw}@db:5432/llm"
export LITELLM_MASTER_KEY="sk-$_pw"
unset _pw

exec "$@"
`,
    },
  ]);
  expect(faults).toEqual([]);
  expect(config?.masterKey).toBe("sk-from-the-file-1");
  expect(config?.environment.get("DATABASE_URL")?.value).toBe("postgresql://llm:from-the-file-1@db:5432/llm");
  expect(config?.files).toHaveLength(1);
});

test("a model's name may be a variable's value", () => {
  const { config, faults } = read([
    litellm(
      "model_list:",
      "model_list:\n  - { model_name: os.environ/MODEL_NAME, litellm_params: { model: openai/x } }",
    ),
    compose("      DOCS_URL: /docs\n", "      DOCS_URL: /docs\n      MODEL_NAME: named-by-variable\n"),
  ]);
  expect(faults).toEqual([]);
  expect(config?.models.map(({ value }) => value)).toContain("named-by-variable");
});

test("a script without a suffix may read secrets in a function, and encode them", () => {
  const { config, faults } = read([
    compose(
      command,
      '    entrypoint: ["/usr/local/bin/start"]\n    command: litellm --config /app/config.yaml\n    secrets: [pw, master]',
    ),
    compose(`      - ${mount}`, `      - ${mount}\n      - ./start:/usr/local/bin/start`),
    compose("services:", "secrets: { pw: { file: pw.txt }, master: { file: master.txt } }\nservices:"),
    { file: "pw.txt", write: "from-the-file-1\n" },
    { file: "master.txt", write: "sk-from-the-file\n" },
    {
      file: "start",
      write: `#!/usr/bin/env bash
read_secret() {
  local path="/run/secrets/$1"
  local value
  value="$(<"$path")"
  printf '%s' "$value"
}
if ! LITELLM_MASTER_KEY="$(read_secret master)"; then
  exit 1
fi
export LITELLM_MASTER_KEY
if ! pw="$(read_secret pw)"; then exit 1; fi
encoded="$(
  printf '%s' "$pw" \\
    | python3 -c 'from urllib.parse import quote; import sys; print(quote(sys.stdin.read(), safe=""))'
)"
export DATABASE_URL="postgresql://llm:\${encoded}@db:5432/litellm"
exec "$@"
`,
    },
  ]);
  expect(faults).toEqual([]);
  expect(config?.masterKey).toBe("sk-from-the-file");
  expect(config?.environment.get("DATABASE_URL")?.value).toBe("postgresql://llm:from-the-file-1@db:5432/litellm");
  expect(config?.files).toHaveLength(1);
});

test.each([
  ["a variable that is set", "${GIVEN:-$made}", "given"],
  ["a default of the function's own", "${MISSING:-$made}", "made-by-x"],
  ["a default within a default", "${MISSING-${GIVEN:-y}}", "given"],
  ["an assigned default", "${MISSING:=made-${GIVEN}}", "made-given"],
  ["an alternative", "${GIVEN:+set}${MISSING:+unset}", "set"],
  ["what a form removes", "${GIVEN%n}", "given"],
  ["a parameter of the script", "a$1b", "ab"],
])("a start script's parameters: %s", (_, word, expected) => {
  const { config } = read([
    compose(command, '    entrypoint: ["/start.sh"]\n    command: litellm --config /app/config.yaml'),
    compose(`      - ${mount}`, `      - ${mount}\n      - ./start.sh:/start.sh`),
    compose("      DOCS_URL: /docs\n", "      DOCS_URL: /docs\n      GIVEN: given\n"),
    {
      file: "start.sh",
      write: `#!/bin/sh
configure() {
  local made="made-by-\${OTHER:-x}"
  export RESULT="${word}"
}
configure
exec "$@"
`,
    },
  ]);
  expect(config?.environment.get("RESULT")?.value).toBe(expected);
  expect(config?.environment.has("made")).toBe(false);
});

const included = [
  litellm("model_list:", "include: [parts/one.yaml]\nmodel_list:"),
  compose(`      - ${mount}`, "      - ./litellm:/app:ro"),
  {
    file: "litellm/parts/one.yaml",
    write:
      "include: [two.yaml]\nmodel_list: [{ model_name: one, litellm_params: { model: openai/one } }]\n" +
      "litellm_settings: { drop_params: true }\n",
  },
];
const two = "model_list: [{ model_name: two, litellm_params: { model: openai/two } }]\n";

test("include: lists are extended, next to the including file on 1.106.2", () => {
  const { config, folder, faults } = read([...included, { file: "litellm/parts/two.yaml", write: two }], "1.106.2");
  expect(faults).toEqual([]);
  expect(config?.models.map(({ value }) => value)).toEqual(["gpt-5", "gpt-5-mini", "one", "two"]);
  expect(config?.models.at(-1)?.location).toEqual({ file: join(folder, "litellm/parts/two.yaml"), line: 1 });
  expect(config?.files.map(({ inContainer }) => inContainer)).toEqual([
    "/app/config.yaml",
    "/app/parts/one.yaml",
    "/app/parts/two.yaml",
  ]);
});

test("include: 1.77.1 looks next to the main config only", () => {
  expect(read([...included, { file: "litellm/parts/two.yaml", write: two }]).faults.join()).toMatch(
    /\/app\/two\.yaml is not/,
  );
  expect(read([...included, { file: "litellm/two.yaml", write: two }]).config?.models).toHaveLength(4);
});

test("include: a circle ends", () => {
  const circle = [...included, { file: "litellm/two.yaml", write: "include: [parts/one.yaml]\n" }];
  expect(read(circle).faults.join()).toMatch(/never finishes reading/);
  expect(read(circle, "1.106.2").faults).toEqual([]);
});

test("an image without a version runs the newest known, which is noted", () => {
  using copy = patchedCopy(reference, [compose("main-v1.77.1", "main-stable")]);
  const facts = readFacts(copy.folder);
  expect(facts.liteLLM()?.config.version).toBe("1.106.2");
  expect(facts.notes.notes.find(({ kind }) => kind === "change")).toMatchObject({
    why: expect.stringContaining("1.106.2"),
  });
});

test.each(["start.sh", "start"])(
  "a config that the operator's own script %s makes at the start is not proved, and no fault",
  (script) => {
    using deployment = writtenFolder({
      "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
    entrypoint: ["/app/${script}"]
    command: --config /app/config.runtime.yaml
    volumes: ["./${script}:/app/${script}"]
`,
      [script]: "#!/bin/sh\n",
    });
    const facts = readFacts(deployment.folder);
    facts.liteLLM();
    // Its master key and its servers may be in that config.
    expect(facts.faults.faults).toEqual([]);
    expect(facts.notes.notes.map(({ kind, what }) => `${kind}: ${what}`)).toEqual([
      `not-proved: LiteLLM's config /app/config.runtime.yaml is made by /app/${script}, when the container starts`,
    ]);
  },
);

test.each([
  [
    "envsubst < /etc/litellm.tmpl > /tmp/config.yaml && exec litellm --config /tmp/config.yaml",
    "is made by the script in its command",
  ],
  [
    "cp /etc/litellm.tmpl /tmp/config.yaml; litellm --config /tmp/config.yaml --port 4000",
    "is made by the script in its command",
  ],
  ["litellm --config /tmp/config.yaml 2>&1", undefined],
  ["litellm --config /tmp/config.yaml >/dev/null", undefined],
])("a config that a script in the command makes is not proved, and no fault: %s", (script, made) => {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
    entrypoint: [/bin/sh, -c]
    command: ["${script}"]
`,
  });
  const facts = readFacts(deployment.folder);
  facts.liteLLM();
  const notProved = facts.notes.notes.filter(({ kind }) => kind === "not-proved").map(({ what }) => what);
  expect(notProved).toEqual(
    made === undefined ? [] : [`LiteLLM's config /tmp/config.yaml ${made}, when the container starts`],
  );
  expect(facts.faults.faults.length).toBe(made === undefined ? 1 : 0);
});

const filledAtStart = (command: string): string => `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
    entrypoint: [sh, -c]
    command: ["${command}"]
    environment: { LITELLM_MASTER_KEY: sk-0123456789abcdef }
    volumes: [./config.yaml:/app/config.yaml]
`;

test.each([
  "yq . /app/config.yaml > /tmp/config.yaml && exec litellm --config /tmp/config.yaml",
  "sed -e /__HOST__/d /app/config.yaml >/tmp/config.yaml; litellm --port 4000 --config=/tmp/config.yaml",
  "cp /app/config.yaml /tmp/config.yaml; sed -i 1d /tmp/config.yaml; litellm --config /tmp/config.yaml",
])("a config that the command itself makes is not known, and no fault: %s", (command) => {
  using deployment = writtenFolder({
    "compose.yaml": filledAtStart(command),
    "config.yaml": "general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }\n",
  });
  const facts = readFacts(deployment.folder);
  expect(facts.liteLLM()?.config?.gap?.what).toBe(
    "LiteLLM's config /tmp/config.yaml is made by the script in its command, when the container starts",
  );
  expect(facts.faults.faults).toEqual([]);
});

test("a config that nothing makes is still a fault", () => {
  using deployment = writtenFolder({
    "compose.yaml": filledAtStart("exec litellm --config /tmp/config.yaml"),
    "config.yaml": "model_list: []\n",
  });
  const facts = readFacts(deployment.folder);
  facts.liteLLM();
  expect(facts.faults.faults.map(({ what }) => what)).toEqual([
    expect.stringContaining("LiteLLM's config /tmp/config.yaml is not in the container of 'litellm'"),
  ]);
});

test("a mark that a tool was to replace is a placeholder with its line, unless the start replaces it", () => {
  const config = `mcp_servers:
  one: { url: "http://__HOST__:8000/mcp", mcp_info: { description: "of __TEAM__" } }
  two: { transport: stdio, command: x, args: ["--url", "{{ OTHER }}"] }
general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }
`;
  const found = (command: string): string[] => {
    using deployment = writtenFolder({ "compose.yaml": filledAtStart(command), "config.yaml": config });
    const facts = readFacts(deployment.folder);
    const placeholders = facts.liteLLM()?.config?.placeholders ?? [];
    expect(facts.notes.notes.filter(({ what }) => what.includes("has the placeholder"))).toHaveLength(
      placeholders.length,
    );
    return placeholders.map(({ text, option, location }) => `${text} in ${option}:${location.line}`);
  };
  expect(found("litellm --config /app/config.yaml")).toEqual([
    "__HOST__ in mcp_servers.one.url:2",
    "{{ OTHER }} in mcp_servers.two.args:3",
  ]);
  expect(found("sed -i s/__HOST__/one/ /app/config.yaml; litellm --config /app/config.yaml")).toEqual([
    "{{ OTHER }} in mcp_servers.two.args:3",
  ]);
});

function withMount(mount: string, file?: string): { faults: string[]; notes: string[] } {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
    command: --config /app/config/config.yaml
    volumes: ["${mount}"]
`,
    ...(file === undefined ? {} : { [file]: "" }),
  });
  const facts = readFacts(deployment.folder);
  facts.liteLLM();
  const own = (text: string): string => text.replaceAll(deployment.folder, "FOLDER");
  return {
    faults: facts.faults.faults.map(({ line, what, fix }) => own(`${line}: ${what}; ${fix}`)),
    notes: facts.notes.notes.flatMap(({ kind, line, what, fix }) =>
      kind === "not-proved" ? [own(`${line}: ${what}; ${fix}`)] : [],
    ),
  };
}

test.each(["/srv/litellm", "./own"])(
  "a config in the directory %s, which is not here, is not proved, and not a fault",
  (directory) => {
    expect(withMount(`${directory}:/app/config`)).toEqual({
      faults: [],
      notes: [
        `4: LiteLLM's config /app/config/config.yaml is in the directory ${directory}, which is not here; ` +
          `add '${directory}: ./litellm' under 'files:' in policy.yaml, with the path of a copy`,
      ],
    });
  },
);

test("a config that is a file of the gateway host is not proved; one of the folder that is missing is a fault", () => {
  const of = (mounted: string): { faults: number; notes: string[] } => {
    const { faults, notes } = withMount(`${mounted}:/app/config/config.yaml`);
    return { faults: faults.length, notes };
  };
  expect(of("/srv/litellm.yaml")).toEqual({
    faults: 0,
    notes: [
      "4: LiteLLM's config /app/config/config.yaml is /srv/litellm.yaml of the gateway host, which is not here; " +
        "add '/srv/litellm.yaml: ./config.yaml' under 'files:' in policy.yaml, with the path of a copy",
    ],
  });
  expect(of("./litellm.yaml")).toEqual({ faults: 1, notes: [] });
});

test("a config that is not in the mounted directory is a fault, which names the mount", () => {
  expect(withMount("./own:/app/config", "own/other.yaml").faults).toEqual([
    "4: LiteLLM's config /app/config/config.yaml is not in the directory that is mounted on /app/config (FOLDER/compose.yaml:5); " +
      "write FOLDER/own/config.yaml, or correct the path",
  ]);
});

function withVolume(mounted: string, environment = ""): { faults: string[]; notes: string[] } {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
    command: ${environment === "" ? "--config /app/config/config.yaml" : "--port 4000"}
    environment: { ${environment} }
    volumes: ["config:${mounted}"]
volumes: { config: }
`,
  });
  const facts = readFacts(deployment.folder);
  facts.liteLLM();
  return {
    faults: facts.faults.faults.map(({ what }) => what),
    notes: facts.notes.notes.map(({ kind, what, fix }) => `${kind}: ${what}; ${fix}`),
  };
}

test.each(["", "CONFIG_FILE_PATH: /app/config/config.yaml"])(
  "a config in a volume is not proved, and no fault (%s)",
  (environment) => {
    expect(withVolume("/app/config", environment)).toEqual({
      faults: [],
      notes: [
        "not-proved: LiteLLM's config /app/config/config.yaml is in the volume 'config', whose content is in no file; " +
          "add 'config/config.yaml: ./config.yaml' under 'files:' in policy.yaml, with the path of a copy",
      ],
    });
  },
);

test("a volume on the path of the config is a directory, and a fault", () => {
  expect(withVolume("/app/config/config.yaml").faults).toEqual([
    "the volume 'config' is mounted on LiteLLM's config /app/config/config.yaml, and a volume is a directory",
  ]);
});

test.each([
  "from authentication import authenticate",
  "from authentication import *",
  "from authentication import (\n    other,\n    authenticate,\n)",
  "authenticate = Authentication().check",
])("a function of custom_auth that the module does not define itself is LiteLLM's to find: %s", (text) => {
  expect(read([{ file: "litellm/scoped_keys.py", write: `${text}\n` }]).faults).toEqual([]);
});

test.each([
  ["litellm:local", "", "unknown"],
  ["registry.example/ai/litellm-gateway:1.2.0", "", "unknown"],
  ["litellm:local", "    command: [--port, '4000']\n", undefined],
  ["registry.example/mirror/litellm:v1.80.0-stable", "", undefined],
  ["registry.example/litellm-database:main-latest", "", undefined],
  ["ghcr.io/berriai/litellm:local", "", undefined],
])("what the image %s starts is known by its name or by the command (%j): %s", (image, more, state) => {
  using deployment = writtenFolder({
    "compose.yaml": `services:\n  litellm:\n    image: ${image}\n    environment: { LITELLM_MASTER_KEY: sk-of-the-gateway }\n${more}`,
  });
  expect(readFacts(deployment.folder).liteLLM()?.config.gap?.state).toBe(state);
});
