import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { FaultList } from "../source/fault-list.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { SourceFile } from "../source/source-file.ts";
import { parseYaml } from "../source/yaml-tree.ts";
import { compareWithSchema } from "./compose-schema.ts";
import { projectName } from "./project-name.ts";

function nameOf(yaml: string, folder: string, variables = new Map<string, string>()): string {
  const faults = new FaultList();
  const root = parseYaml(new SourceFile(`${folder}/compose.yaml`, yaml), faults);
  if (root === undefined) throw new Error("no YAML");
  return projectName([root], folder, variables, faults);
}

test.each([
  ["name: gateway", "/srv/other", "gateway"],
  ["services: {}", "/srv/My Gateway (2)", "mygateway2"],
  ["name:", "/srv/_lite.LLM-1", "litellm-1"],
  ["name: My Gateway", "/srv/x", "mygateway"],
])("%s in %s is the project %s", (yaml, folder, name) => {
  expect(nameOf(yaml, folder)).toBe(name);
});

test("COMPOSE_PROJECT_NAME comes before the file's name", () => {
  expect(nameOf("name: gateway", "/srv/x", new Map([["COMPOSE_PROJECT_NAME", "other"]]))).toBe("other");
});

test("networks and volumes without a name of their own have the project's name in front", () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "compose.yaml", find: "name: gateway\n", replace: "name: ${PROJECT:-gate}\n" },
    {
      file: "compose.yaml",
      find: "  mcp-files:\n  postgres-data:",
      replace: "  mcp-files: { external: true }\n  postgres-data:",
    },
  ]);
  const { compose, faults } = readFacts(copy.folder);
  expect(faults.faults).toEqual([]);
  expect(compose?.project).toBe("gate");
  expect([...(compose?.networks.values() ?? [])].map(({ name }) => name)).toEqual([
    "traefik-net",
    "gate_provider-net",
    "gate_data-net",
  ]);
  expect([...(compose?.volumes.values() ?? [])].map(({ name }) => name)).toEqual(["mcp-files", "gate_postgres-data"]);
});

function differencesOf(yaml: string): string[] {
  const faults = new FaultList();
  const root = parseYaml(new SourceFile("/x/compose.yaml", yaml), faults);
  if (root === undefined) throw new Error("no YAML");
  const differences = compareWithSchema(root);
  differences.reportUnknownKeys(faults);
  differences.reportWrongValues(faults);
  return faults.faults.map(({ what, fix }) => `${what}; ${fix}`);
}

test("every key that compose knows is accepted, also one that the suite does not read", () => {
  const known = "services: { a: { image: x, annotations: { b: c }, oom_score_adj: 5, cgroup: host, x-own: 1 } }";
  expect(differencesOf(known)).toEqual([]);
});

test("an unknown key and a wrong value are reported once, where they are", () => {
  expect(differencesOf("services: { a: { image: x, ports: [{ target: 1, publishd: 2 }] } }")).toEqual([
    "unknown key 'publishd' in services.a.ports.0; write 'published'",
  ]);
  expect(differencesOf("services: { a: { image: x, annotations: 5 } }")).toEqual([
    "services.a.annotations is refused by compose, expected: object or array; write it as the Compose specification says",
  ]);
});
