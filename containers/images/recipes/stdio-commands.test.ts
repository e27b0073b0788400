import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contextFiles, type Recipe } from "./recipe.ts";
import { Recipes } from "./recipes.ts";
import { type StdioCommand, withStdioCommands } from "./stdio-commands.ts";

const recipes = new Recipes([]);
const files = { ecosystem: "npm", name: "@modelcontextprotocol/server-filesystem", version: "2025.8.21" } as const;
const time = { ecosystem: "pypi", name: "mcp-server-time", version: undefined } as const;

const launched: StdioCommand = {
  command: "server-filesystem",
  version: "2025.8.21",
  packages: [files],
  launcher: { name: "npx", arguments: ["-y", "@modelcontextprotocol/server-filesystem@2025.8.21"], environment: {} },
};

function recipeOf(...commands: StdioCommand[]): Recipe {
  return withStdioCommands(recipes.litellm("1.77.1", { database: false }), recipes.runtime, commands);
}

function dockerfileOf(recipe: Recipe | undefined): string {
  const dockerfile = recipe && contextFiles(recipe).find(({ path }) => path === "Dockerfile");
  return dockerfile?.content.toString() ?? "";
}

describe("LiteLLM's image with stdio commands", () => {
  it("has the same recipe in whatever order the config names them", () => {
    const commands: StdioCommand[] = [
      { command: "postgres-mcp", version: "0.3.0" },
      { command: "mcp-server-filesystem", version: "2025.8.21" },
    ];
    const [one, other] = [recipeOf(...commands), recipeOf(...commands.toReversed())];
    expect(one.dockerfile).toEqual(other.dockerfile);
    expect(one.parents.UPSTREAM0?.name).toBe("upstream-mcp-server-filesystem");
    expect(other.parents.UPSTREAM0?.name).toBe("upstream-mcp-server-filesystem");
  });

  it("installs the packages of Debian that a command needs in the image that starts it", () => {
    const needing = recipeOf({ command: "postgres-mcp", version: "0.3.0", debian: ["git"] });
    expect(dockerfileOf(needing)).toMatch(/^FROM \$\{BASE\}\nRUN apt-get update && apt-get install -y 'git' /m);
    expect(dockerfileOf(recipeOf({ command: "postgres-mcp", version: "0.3.0" }))).not.toContain("apt-get");
  });

  it("asks for the package of a command without a lock", () => {
    const { parents } = recipeOf({ command: "mcp-server-time", version: "1.0.0" });
    expect(parents.UPSTREAM0?.missing).toMatch(/^name the package that contains the command in the policy/);
    expect(recipeOf({ command: "postgres-mcp", version: "9" }).parents.UPSTREAM0?.missing).toMatch(
      /use one of 0\.3\.0$/,
    );
  });

  it("uses the suite's newest lock of a command without a version", () => {
    const { UPSTREAM0: upstream } = recipeOf({ command: "postgres-mcp", version: undefined }).parents;
    expect(upstream).toEqual(recipeOf({ command: "postgres-mcp", version: "0.3.0" }).parents.UPSTREAM0);
    expect(recipeOf({ command: "own-server", version: undefined }).parents.UPSTREAM0?.missing).toMatch(
      /^name the package/,
    );
  });

  it("uses the suite's lock of a package, also behind a launcher", () => {
    const [own, behind] = [recipeOf({ command: "mcp-server-filesystem", version: "2025.8.21" }), recipeOf(launched)];
    expect(behind.parents.UPSTREAM0).toEqual(own.parents.UPSTREAM0);
    // Behind a launcher the command is not on the PATH.
    expect(dockerfileOf(own)).toContain("/launchers/ /usr/local/bin/");
    expect(dockerfileOf(behind)).toContain("/launchers/ /opt/upstreams/mcp-server-filesystem/launchers/");
  });

  it("installs any other package by name, each set of packages in a folder of its own", () => {
    const [one, two] = [
      recipeOf({ command: "mcp-server-time", version: undefined, packages: [time] }),
      recipeOf({ command: "mcp-server-time", version: "1.0", packages: [{ ...time, version: "1.0" }] }),
    ].map(({ parents }) => parents.UPSTREAM0);
    expect(one?.missing).toBeUndefined();
    expect(one?.arguments?.NAME).toBe("mcp-server-time");
    expect(two?.arguments?.NAME).toBe("mcp-server-time-1.0");
    expect(one?.files).toEqual({ "requirements.in": "mcp-server-time\n" });
  });

  it("keeps what a lock overrides below a package that is installed with others", () => {
    const other = { ecosystem: "npm", name: "supergateway", version: "3" } as const;
    const { parents } = recipeOf({ command: "mcp-server-filesystem", version: "2025.8.21", packages: [files, other] });
    expect(JSON.parse(parents.UPSTREAM0?.files?.["package.json"] ?? "")).toEqual({
      private: true,
      dependencies: { [files.name]: "2025.8.21", supergateway: "3" },
      overrides: { [files.name]: { zod: "3.25.76" } },
    });
  });
});

describe("a launcher's script", () => {
  let folder: string;
  let script: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "launcher-"));
    script = join(folder, "npx");
    const text = recipeOf(
      { ...launched, launcher: { name: "npx", arguments: ["-y", "it's@1"], environment: { MODE: "a b" } } },
      launched,
    ).files?.["launchers/npx"];
    // A program of this machine replaces each server.
    const print = `/bin/sh -c 'echo "$MODE|$*"' server`;
    writeFileSync(script, (text ?? "").replaceAll(/exec \S+/g, `exec ${print}`));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync("/bin/sh", [script, ...args], { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });

  it("starts what is installed, with the server's own arguments", () => {
    expect(run("-y", "@modelcontextprotocol/server-filesystem@2025.8.21", "/srv/my files").stdout).toBe(
      "|/srv/my files\n",
    );
    expect(run("-y", "it's@1", "x").stdout).toBe("a b|x\n");
  });

  it("fails for anything else, and says why", () => {
    const { status, stderr } = run("-y", "@modelcontextprotocol/server-filesystem");
    expect(status).toBe(127);
    expect(stderr).toContain("-y @modelcontextprotocol/server-filesystem: this was not installed before the run");
  });
});
