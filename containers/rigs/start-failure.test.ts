import { expect, test } from "vitest";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { startFailure } from "./start-failure.ts";

const location = { file: "config.yaml", line: 12 };
const mounted = { file: "compose.yaml", line: 7 };
const bind = { kind: "bind", location: mounted };
const mounts = [
  { ...bind, source: "/deployment/bin/start", target: "/start" },
  { ...bind, source: "/deployment/scripts", target: "/scripts" },
];
const atDatabase = { file: "compose.yaml", line: 9 };
const environment = new Map([["DATABASE_URL", { value: "", location: atDatabase }]]);
const deployment = {
  litellm: { name: "litellm", mounts, files: [], environment, commandWords: [] },
  litellmConfig: {
    version: "1.106.2",
    texts: [{ path: ["router_settings", "fallbacks"], value: { value: "qwen3-vl-8b", location } }],
  },
} as unknown as Parameters<typeof startFailure>[1];

const ended = (line: string, part = "litellm"): EnvironmentError =>
  new EnvironmentError("litellm did not start", {
    part,
    log: ["Traceback:", line, "ERROR: Application startup failed."],
  });

test("an error that quotes a value of the config is the deployment's, at its line", () => {
  const failure = startFailure(ended("ValueError: Item 'qwen3-vl-8b' is not a dictionary."), deployment);
  expect(failure?.details).toMatchObject({
    code: "does-not-start",
    actual: "ValueError: Item 'qwen3-vl-8b' is not a dictionary.",
    location,
  });
});

test("a callback that its module does not have is the deployment's, at its line", () => {
  const callbacks = [{ path: ["litellm_settings", "callbacks"], value: { value: "scoped_keys.scope", location } }];
  const litellmConfig = { ...deployment.litellmConfig, texts: callbacks } as typeof deployment.litellmConfig;
  const said = "AttributeError: module 'scoped_keys' has no attribute 'scope'. Did you mean: 'server_scope'?";
  expect(startFailure(ended(said), { ...deployment, litellmConfig })?.details).toMatchObject({
    code: "does-not-start",
    actual: said,
    location,
  });
});

test.each([
  { value: "", scheme: "<missing scheme>", cause: "DATABASE_URL is empty, and not unset" },
  {
    value: "sqlite:///x.db",
    scheme: "sqlite",
    cause: "DATABASE_URL is not an address of PostgreSQL: its scheme is sqlite",
  },
])("a refused address of a database ($scheme) is the deployment's, at its variable", ({ value, scheme, cause }) => {
  const log = [
    `\u001b[1;31mLiteLLM Proxy: DATABASE_URL uses unsupported scheme '${scheme}'. LiteLLM's database features`,
  ];
  const error = new EnvironmentError("litellm did not start: it exited with code 1", { part: "litellm", log });
  const litellm = {
    ...deployment.litellm,
    environment: new Map([["DATABASE_URL", { value, location: atDatabase }]]),
  } as unknown as typeof deployment.litellm;
  expect(startFailure(error, { ...deployment, litellm })?.details).toMatchObject({
    code: "does-not-start",
    cause: expect.stringContaining(cause),
    location: atDatabase,
  });
});

const denied = (program: string): EnvironmentError =>
  new EnvironmentError(`litellm did not start: runc create failed: exec: "${program}": permission denied: unknown`, {
    part: "litellm",
  });

test.each([
  ["/start", "/deployment/bin/start"],
  ["/scripts/start", "/deployment/scripts/start"],
])("the mounted script %s, which may not be executed, is the deployment's, at its mount", (program, file) => {
  expect(startFailure(denied(program), deployment)?.details).toMatchObject({
    code: "does-not-start",
    location: mounted,
    fix: `chmod +x ${file}, and commit the mode`,
  });
});

test.each([
  ["names a program of the image", denied("/app/start")],
  ["quotes nothing of the config", ended("ValueError: Item 'another' is not a dictionary.")],
  ["is about a package", ended("ModuleNotFoundError: No module named 'qwen3-vl-8b'")],
  ["quotes a key of the config", ended("KeyError: 'fallbacks'")],
  [
    "was handled, and the start went on",
    new EnvironmentError("not within 90 s", { part: "litellm", log: ["ValueError: 'qwen3-vl-8b'", "INFO: waiting"] }),
  ],
  ["is another part's", ended("ValueError: 'qwen3-vl-8b'", "traefik")],
  ["is none of the environment's", new Error("ValueError: 'qwen3-vl-8b'")],
])("an error that %s stays as it is", (_, error) => {
  expect(startFailure(error, deployment)).toBeUndefined();
});

test.each([
  ["Error: No such option: --confg (Possible options: --config)", "--confg", "write --config in place of --confg"],
  ["Error: No such option '--confg'. Did you mean '--config'?", "--confg", "write --config in place of --confg"],
  [
    "Error: No such option '--prot'. (Did you mean one of: '--host', '--port'?)",
    "--prot=4000",
    "write --port in place of --prot",
  ],
  ["Error: No such option: --nonsense", "--nonsense", "correct or remove '--nonsense' in the command"],
  [
    "Error: Invalid value for '--port': 'abc' is not a valid integer.",
    "--port",
    "correct or remove '--port' in the command",
  ],
  ["Error: Got unexpected extra argument (litelm)", "litelm", "correct or remove 'litelm' in the command"],
  ["Error: Unknown command: litelm", "litelm", "correct or remove 'litelm' in the command"],
  ["Error: Option '--config' requires an argument.", "--config", "correct or remove '--config' in the command"],
])("a word of the command that LiteLLM does not accept is the deployment's: %s", (line, word, fix) => {
  const log = ["Usage: litellm [OPTIONS]", "Try 'litellm --help' for help.", "", line];
  const error = new EnvironmentError("litellm did not start: it exited with code 2", { part: "litellm", log });
  const of = (commandWords: readonly object[]) => {
    const litellm = { ...deployment.litellm, commandWords } as unknown as typeof deployment.litellm;
    return startFailure(error, { ...deployment, litellm })?.details;
  };
  expect(of([{ value: word, location: mounted }])).toMatchObject({ code: "does-not-start", location: mounted, fix });
  // The suite's own word would be the suite's fault.
  expect(of([{ value: "--detailed_debug", location: mounted }])).toBeUndefined();
});
