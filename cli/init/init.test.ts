import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPolicy } from "../../helpers/deployment/policy/read-policy.ts";
import { type Patch, type PatchedCopy, patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { writtenFolder } from "../../helpers/deployment/source/written-folder.ts";
import type { Policy } from "../../helpers/deployment/types.ts";

/** A copy of an example without its policy. */
function copyOf(name: string, patches: readonly Patch[] = []): PatchedCopy {
  return patchedCopy(`deployments/examples/${name}`, [{ file: "policy.yaml", remove: true }, ...patches]);
}

function init(...args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: "1" };
  return spawnSync(process.execPath, ["cli/main.ts", "init", "--offline", ...args], { encoding: "utf8", env });
}

/** What a policy says of its hosts, rule by rule. */
function accessOf({ hosts }: Policy): unknown {
  return hosts.map(({ name, entryPoint, access = [] }) => [
    `${name} on ${entryPoint}`,
    access.map(({ who, paths, statuses, service }) => [
      who,
      ...[paths, statuses, service].filter((one) => one !== undefined),
    ]),
  ]);
}

test("database: everything goes to LiteLLM, and what listens on web only redirects", () => {
  using copy = copyOf("database");
  expect(init(copy.folder)).toMatchObject({ status: 0, stderr: "" });
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  expect(accessOf(policy)).toEqual([
    ["litellm.example.org on websecure", [["litellm"]]],
    ["litellm.example.org on web", [["redirect"]]],
  ]);
  expect(policy.upstreams.map(({ name, in: where, url }) => [name, where, url])).toEqual([
    ["everything", "database", "http://mcp-everything:3001/mcp"],
    ["files", "database", "http://mcp-files:8000/mcp"],
  ]);
});

test("direct: without a Traefik, LiteLLM judges everything, by the port that it publishes", () => {
  using copy = copyOf("direct");
  expect(init(copy.folder)).toMatchObject({ status: 0, stderr: "" });
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  expect(policy.services.traefik).toBeUndefined();
  expect(accessOf(policy)).toEqual([["litellm.internal on undefined", [["litellm"]]]]);
  expect(policy.reach.map(({ from, to, ports }) => [from, to, ports])).toEqual([
    ["lan", "gateway-host", [4000]],
    ["litellm", "open-webui", [8080]],
    ["open-webui", "litellm", [4000]],
    ["litellm", "outside", [443]],
  ]);
  expect(policy.clients.map(({ name, kind }) => [name, kind])).toEqual([
    ["open-webui", "open-webui"],
    ["codex", "codex"],
  ]);
});

test("allow-list: the listed paths reach LiteLLM, everything else is refused", () => {
  using copy = copyOf("allow-list");
  expect(init(copy.folder)).toMatchObject({ status: 0, stderr: "" });
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  expect(policy.services).toEqual({ litellm: "gateway", traefik: "edge" });
  expect(accessOf(policy)).toEqual([
    [
      "api.example.dev on websecure",
      [
        ["litellm", ["/mcp/", "/v1/chat/completions", "/v1/models", "/v1/responses"]],
        ["anyone", ["/health/liveliness"], [200]],
        ["nobody", [403]],
      ],
    ],
  ]);
});

test("two-projects: both projects, the home directory, and the key that is written into a label", () => {
  using copy = copyOf("two-projects");
  expect(init(copy.folder)).toMatchObject({ status: 0, stderr: "" });
  const text = readFileSync(join(copy.folder, "policy.yaml"), "utf8");
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  expect(policy.compose.map(({ files }) => files.map((file) => file.slice(copy.folder.length + 1)))).toEqual([
    ["litellm/docker-compose.yml"],
    ["traefik/docker-compose.yml"],
  ]);
  expect(policy.variables.get("HOME")?.value).toBe(join(copy.folder, "home"));
  expect(policy.hosts.map(({ name, zone }) => [name, zone])).toEqual([
    ["llm.example.com", "external"],
    ["llm.home.lan", "internal"],
  ]);
  expect(policy.injectedRoutes.map(({ secret }) => secret)).toEqual(["LITELLM_INJECTED_KEY"]);
  expect(text).toContain("# QUESTION: the key is written into Traefik's configuration.");
  expect(text).not.toContain("sk-written-into-the-label");
});

test("swarm: stacks, a login, an env file that is not in the folder, and a variable that no file sets", () => {
  using copy = copyOf("swarm", [{ file: "litellm.env", remove: true }]);
  expect(init(copy.folder)).toMatchObject({ status: 0, stderr: "" });
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  expect(policy.compose.map(({ project }) => project)).toEqual(["litellm", "traefik"]);
  expect(accessOf(policy)).toEqual([["litellm.example.net on websecure", [["login", "authelia"]]]]);
  const text = readFileSync(join(copy.folder, "policy.yaml"), "utf8").replaceAll(/\n# /g, " ");
  expect(text).toContain("QUESTION: general_settings.master_key in config.yaml is a key in the file itself");
  expect(text).not.toContain("sk-also-written-here");
  expect(policy.parts.get("authelia")?.standIn).toBe("forward-auth");
  const standIn = readFileSync(join(copy.folder, "init.env"), "utf8");
  // Each env file that is missing has its own.
  expect(readFileSync(join(copy.folder, "init.litellm.env"), "utf8")).toMatch(/^NOTES_TOKEN=placeholder/m);
  expect(standIn).not.toContain("NOTES_TOKEN");
  expect(standIn).toMatch(/^REGION=placeholder-region$/m);
  writeFileSync(join(copy.folder, "init.env"), standIn.replace("placeholder-region", "north"));
  expect(init(copy.folder, "--force").stdout).toMatch(/^kept .*init\.env as it is; delete it and run init again/m);
  expect(readFileSync(join(copy.folder, "init.env"), "utf8")).toMatch(/^REGION=north$/m);
});

test("keycloak: paths of the login service on LiteLLM's host are not LiteLLM's, and the rest is as the example states it", () => {
  using copy = copyOf("keycloak");
  expect(init(copy.folder)).toMatchObject({ status: 0, stderr: "" });
  const [[host, [elsewhere, ...rules]]] = accessOf(readPolicy(join(copy.folder, "policy.yaml"))) as [
    [string, [unknown[], ...unknown[][]]],
  ];
  expect(host).toBe("gateway.example.org on websecure");
  expect(elsewhere).toEqual(["nobody", expect.arrayContaining(["/oauth2/**"]), [502]]);
  expect(rules.map(([who]) => who)).toEqual(["login", "anyone", "litellm", "nobody"]);
});

test("no secret of an env file gets into a policy", () => {
  using copy = copyOf("two-projects");
  const { stdout } = init(copy.folder, "--stdout");
  const values = readFileSync(join(copy.folder, "home/secrets/litellm.env"), "utf8").match(/(?<==).+$/gm) ?? [];
  expect(values.length).toBeGreaterThan(4);
  for (const value of values) expect(stdout).not.toContain(value);
});

test("an existing policy is overwritten with --force only, and --stdout writes nothing", () => {
  using copy = copyOf("allow-list");
  const file = join(copy.folder, "policy.yaml");
  const printed = init(copy.folder, "--stdout");
  expect([printed.status, existsSync(file)]).toEqual([0, false]);
  writeFileSync(file, "mine\n");
  expect(init(copy.folder)).toMatchObject({ status: 2, stdout: "" });
  expect(readFileSync(file, "utf8")).toBe("mine\n");
  expect(init(copy.folder, "--force").status).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(printed.stdout);
  rmSync(file);
  mkdirSync(file);
  expect(init(copy.folder, "--force")).toMatchObject({ status: 2, stderr: expect.stringContaining("is a directory") });
});

test("a folder without LiteLLM is one line and exit code 2, and nothing is written", () => {
  using copy = copyOf("allow-list", [
    { file: "compose.yaml", write: "services: { web: { image: nginx } }\n" },
    { file: "dynamic", remove: true },
  ]);
  const { status, stderr } = init(copy.folder);
  expect(stderr).toMatch(/compose\.yaml: none of the services looks like LiteLLM/);
  expect([status, existsSync(join(copy.folder, "policy.yaml"))]).toEqual([2, false]);
});

test("a folder that is missing, or has no compose file, is one line that says which folder to name", () => {
  using copy = writtenFolder({ "README.md": "nothing yet\n" });
  expect(init(copy.folder)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /no compose file with services is in the folder or below it; name the folder that has LiteLLM's/,
    ),
  });
  const template = join(copy.folder, "docker-compose.yml.j2");
  writeFileSync(template, "services: { litellm: { image: '{{ litellm_image }}' } }\n");
  expect(init(copy.folder).stderr).toMatch(
    /docker-compose\.yml\.j2: is a template.*; render it as the deployment does/,
  );
  rmSync(template);
  writeFileSync(join(copy.folder, "compose.yaml"), "services:\n\tlitellm:\n");
  expect(init(copy.folder).stderr).toMatch(/compose\.yaml:2: broken YAML/);
  writeFileSync(join(copy.folder, "compose.yaml"), "services:\n  litellm:\n    image: {{ litellm_image }}\n");
  expect(init(copy.folder).stderr).toMatch(
    /^\S+compose\.yaml:3: is a template: 'image: \{\{ litellm_image \}\}' .*\n$/,
  );
  expect(init(join(copy.folder, "gone"))).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/gone: is missing; name a folder with the compose files\n$/),
  });
});

test("a guess of a copy that leads to a missing file is named, with how to correct it", () => {
  using copy = copyOf("allow-list", [
    { file: "compose.yaml", find: "./config:/app/config", replace: "/opt/litellm:/app/config" },
    { file: "config/proxy.yaml", write: "include: [models.yaml]\n" },
  ]);
  const { status, stderr } = init(copy.folder);
  expect(stderr).toMatch(/proxy\.yaml:1: the included file .*models\.yaml .* took \.\/config for \/opt\/litellm/);
  expect([status, existsSync(join(copy.folder, "policy.yaml"))]).toEqual([2, false]);
});

test("what has to be fixed in the files is printed, and stands before what is guessed", () => {
  using copy = copyOf("swarm");
  const { stdout } = init(copy.folder);
  expect(stdout).toMatch(/^fix first: general_settings\.master_key in config\.yaml is a key in the file itself/m);
  const text = readFileSync(join(copy.folder, "policy.yaml"), "utf8");
  expect(text).toMatch(/ To be fixed in the deployment's files first:\n# QUESTION: general_settings\.master_key/);
});
