import { join } from "node:path";
import { expect, test } from "vitest";
import { readFacts } from "./facts.ts";
import { smallDeployment } from "./infer/small-deployment.ts";
import { patchedCopy } from "./source/patched-copy.ts";

const reference = "deployments/reference";

test("facts are read without a policy", () => {
  using copy = patchedCopy(reference, [{ file: "policy.yaml", remove: true }]);
  const facts = readFacts(copy.folder);
  expect(facts.serviceNames).toEqual(["traefik", "litellm", "postgres"]);
  expect(facts.liteLLM()?.config.upstreams.map(({ name }) => name)).toEqual(["postgres", "filesystem"]);
  expect(facts.traefik()?.static.entryPoints.get("web")).toMatchObject({ port: 80, protocol: "tcp" });
  expect(facts.traefik()?.routerOf("litellm-bearer@docker")?.priority).toBe(50);
  expect(facts.variables.has("LITELLM_MASTER_KEY")).toBe(true);
  const config = join(copy.folder, "clients/codex/config.toml");
  expect(facts.clientConfig({ name: "codex", kind: "codex", config })?.text).toContain("model");
  expect(facts.faults.faults).toEqual([]);
});

test("faults are collected, not thrown, and a part without a fault is still read", () => {
  using copy = patchedCopy(reference, [
    { file: "compose.yaml", find: "--accessLog=true", replace: "--accesLog=true" },
    { file: "litellm/config.yaml", remove: true },
  ]);
  const facts = readFacts(copy.folder);
  expect(facts.liteLLM()).toBeUndefined();
  expect(facts.traefik()?.routers.length).toBeGreaterThan(0);
  expect(facts.faults.faults.map(({ what }) => what)).toEqual(["is missing", "unknown option '--accesLog' of Traefik"]);
});

test("a service is looked up by the name that the policy gives it", () => {
  using copy = patchedCopy(reference, [
    { file: "compose.yaml", find: "  traefik:\n    image", replace: "  proxy:\n    image" },
  ]);
  const facts = readFacts(copy.folder);
  expect(facts.traefik()).toBeUndefined();
  expect(facts.traefik("proxy")?.static.entryPoints.size).toBe(3);
});

test("without an env file by name, .env is read where litellm.env is missing", () => {
  using copy = patchedCopy(reference, [
    { file: "litellm.env.example", remove: true },
    { file: ".env", write: "POSTGRES_PASSWORD=from-dot-env\n" },
  ]);
  expect(readFacts(copy.folder).variables.get("POSTGRES_PASSWORD")?.value).toBe("from-dot-env");
});

test.each([
  [undefined, ["ignores it without a warning"]],
  ["1.106.2", []],
])("LiteLLM's keys are judged by the version that will run: %s", (litellm, findings) => {
  using copy = patchedCopy(reference, [
    {
      file: "litellm/config.yaml",
      find: "    command: postgres-mcp",
      replace: "    command: postgres-mcp\n    allowed_tools: [a]",
    },
  ]);
  const facts = readFacts(copy.folder, { versions: { litellm } });
  facts.liteLLM();
  expect(facts.faults.faults).toEqual([]);
  const ignored = facts.notes.notes.filter(({ what }) => what.includes("allowed_tools")).map(({ why }) => why);
  expect(ignored).toEqual(findings.map((why) => expect.stringContaining(why)));
});

test("the folder of the first file of COMPOSE_FILE is the project's, and an empty separator is the default", () => {
  using deployment = smallDeployment({
    ".env": "COMPOSE_FILE=docker/compose.yml:docker/more.yml\nCOMPOSE_PATH_SEPARATOR=\n",
    "docker/compose.yml": "services: { litellm: { image: litellm, volumes: ['./config.yaml:/app/config.yaml'] } }\n",
    "docker/more.yml": "services: { db: { image: postgres } }\n",
    "docker/config.yaml": "model_list: []\n",
  });
  const { compose, faults, serviceNames } = readFacts(deployment.folder);
  expect(faults.faults).toEqual([]);
  expect(serviceNames).toEqual(["litellm", "db"]);
  expect(compose?.project).toBe("docker");
  expect(compose?.services.get("litellm")?.mounts.map(({ source }) => source)).toEqual([
    join(deployment.folder, "docker/config.yaml"),
  ]);
});
