import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import type { NodeModules } from "./node-packages.ts";
import { nodeScript } from "./node-script.ts";

const sdk = 'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\n';
const mounted =
  'image: "ghcr.io/berriai/litellm:main-v1.106.2", volumes: ["./mcp:/app/mcp:ro", "./config.yaml:/app/config.yaml"]';

interface Found {
  program: string | undefined;
  missing: readonly string[];
  directory: string | undefined;
  imported: string[];
  dependencies: unknown;
  modules: NodeModules | undefined;
  isInImage: boolean;
}

/** What a script that LiteLLM starts needs, by LiteLLM's service and its files. */
function scriptOf(command: string, files: Readonly<Record<string, string>>, service = mounted): Found | undefined {
  using deployment = smallDeployment({ "compose.yaml": `services:\n  litellm: { ${service} }\n`, ...files });
  const litellm = readFacts(deployment.folder).compose?.services.get("litellm");
  if (litellm === undefined) throw new Error("no service");
  const [program = "", ...args] = command.split(" ");
  const location = { file: `${deployment.folder}/config.yaml`, line: 3 };
  const found = nodeScript({ command: program, args, location }, litellm);
  if (found === undefined) return undefined;
  const { modules } = found.node;
  return {
    program: found.node.program,
    missing: found.missing.map((text) => text.replaceAll(`${deployment.folder}/`, "")),
    directory: modules?.directory,
    imported: modules?.imported.map((one) => `${one.name}:${one.location.line}`) ?? [],
    dependencies: modules && (JSON.parse(modules.manifest) as { dependencies: unknown }).dependencies,
    modules,
    isInImage: found.node.isInImage,
  };
}

test.each([
  ["node /app/mcp/server.js", "mcp/server.js"],
  ["/usr/bin/node --no-warnings --env-file /app/mcp/.env mcp/server.mjs --verbose", "mcp/server.mjs"],
  ["node --enable-source-maps -- /app/mcp/server", "mcp/server.cjs.js"],
  ["nodejs /app/mcp/server.cjs", "mcp/server.cjs"],
  ["node /app/mcp", "mcp/index.js"],
])("%s starts a script, whose imports are installed next to it in the newest version", (command, file) => {
  const path = file.replace("server.cjs.js", "server.js");
  expect(scriptOf(command, { [path]: `import fs from "fs";\n${sdk}` })).toMatchObject({
    program: command.split(" ")[0],
    missing: [],
    directory: "/app/mcp",
    imported: ["@modelcontextprotocol/sdk:2"],
    dependencies: { "@modelcontextprotocol/sdk": "latest" },
    modules: { newest: ["@modelcontextprotocol/sdk"] },
  });
});

test("a folder with a package.json starts its main file, in the versions of the package.json", () => {
  const manifest = {
    main: "./dist/main.js",
    dependencies: { "@modelcontextprotocol/sdk": "^1.20.0", unused: "1.0.0" },
    devDependencies: { vitest: "3.0.0", zod: "~3.25.0" },
  };
  const files = {
    "mcp/package.json": JSON.stringify(manifest),
    "mcp/dist/main.js": `${sdk}import "./tools.js";\n`,
    "mcp/dist/tools.js": 'const { z } = require("zod");\n',
  };
  expect(scriptOf("node /app/mcp", files)).toMatchObject({
    missing: [],
    directory: "/app/mcp",
    imported: ["@modelcontextprotocol/sdk:1", "zod:1"],
    dependencies: { "@modelcontextprotocol/sdk": "^1.20.0", unused: "1.0.0", zod: "~3.25.0" },
    modules: { newest: [] },
  });
});

const locked = (more: object = {}): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: {
      "": { dependencies: { "@modelcontextprotocol/sdk": "^1.20.0" } },
      "node_modules/@modelcontextprotocol/sdk": { version: "1.20.1" },
      "node_modules/zod": { version: "3.25.76" },
      ...more,
    },
  });
const manifest = '{ "dependencies": { "@modelcontextprotocol/sdk": "^1.20.0" } }';

test("with a package-lock.json npm installs exactly what it says", () => {
  const files = {
    "mcp/package.json": manifest,
    "mcp/package-lock.json": locked(),
    "mcp/server.js": `${sdk}import "zod";`,
  };
  const found = scriptOf("node /app/mcp/server.js", files);
  expect(found).toMatchObject({ missing: [], dependencies: { "@modelcontextprotocol/sdk": "^1.20.0" } });
  expect(found?.modules?.lock).toBe(locked());
});

test("a lock with packages that are not npm's gives the versions of what the script imports", () => {
  const lock = locked({ "node_modules/own": { link: true, resolved: "packages/own" } });
  const files = { "mcp/package.json": manifest, "mcp/package-lock.json": lock, "mcp/server.js": `${sdk}import "zod";` };
  const found = scriptOf("node /app/mcp/server.js", files);
  expect(found?.dependencies).toEqual({ "@modelcontextprotocol/sdk": "1.20.1", zod: "3.25.76" });
  expect(found?.modules?.lock).toBeUndefined();
});

test.each([
  ['import "./gone.js";', {}, "./gone.js (mcp/server.js:2), a file that is missing"],
  ['import "@/lib/db";', {}, "@/lib (mcp/server.js:2), which is not the name of a package"],
  [
    'import "pino";',
    { "mcp/package.json": manifest, "mcp/package-lock.json": locked() },
    "pino (mcp/server.js:2), which the package-lock.json does not have",
  ],
  [
    'import "own";',
    { "mcp/package.json": '{ "dependencies": { "own": "file:../own" } }' },
    "own (mcp/server.js:2), which package.json takes from 'file:../own', and not from npm",
  ],
])("%s can't be had", (line, files, missing) => {
  expect(scriptOf("node /app/mcp/server.js", { ...files, "mcp/server.js": `${sdk}${line}\n` })?.missing).toEqual([
    missing,
  ]);
});

test("what is in mounted node_modules is not installed", () => {
  const files = { "mcp/server.js": sdk, "mcp/node_modules/@modelcontextprotocol/sdk/package.json": "{}" };
  expect(scriptOf("node /app/mcp/server.js", files)).toMatchObject({ missing: [], modules: undefined });
});

test("a loader is installed with the script, and one behind npx is a package of its own", () => {
  const files = { "mcp/server.ts": sdk };
  expect(scriptOf("node --import tsx /app/mcp/server.ts", files)?.imported).toEqual([
    "@modelcontextprotocol/sdk:1",
    "tsx:3",
  ]);
  expect(scriptOf("npx -y tsx@4.20.6 /app/mcp/server.ts", files)).toMatchObject({
    program: undefined,
    imported: ["@modelcontextprotocol/sdk:1"],
  });
});

test("a script that LiteLLM's Dockerfile copies has the version that it installs", () => {
  const Dockerfile =
    "FROM ghcr.io/berriai/litellm:main-v1.106.2\nRUN npm install -g @modelcontextprotocol/sdk@1.20.0\nCOPY mcp /app/mcp\n";
  expect(scriptOf("node /app/mcp/server.js", { Dockerfile, "mcp/server.js": sdk }, "build: .")).toMatchObject({
    isInImage: true,
    dependencies: { "@modelcontextprotocol/sdk": "1.20.0" },
    modules: { newest: [] },
  });
});

test.each([
  "node -e 1",
  "node --version",
  "node /app/mcp/other.js",
  "npx -y @modelcontextprotocol/server-filesystem /app/mcp/server.js",
  "python /app/mcp/server.js",
])("%s starts no script of the deployment", (command) => {
  expect(scriptOf(command, { "mcp/server.js": sdk })).toBeUndefined();
});
