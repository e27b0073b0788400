import { describe, expect, it } from "vitest";
import { readDockerfile, runsOwnFile } from "./dockerfile.ts";
import { readLauncher } from "./launcher.ts";
import { dateOf, type PackageSpec, packageText, readNpmSpec, readPypiSpec, unscopedName } from "./package-spec.ts";

describe("a package", () => {
  it.each<[string, PackageSpec["ecosystem"], string, string | undefined]>([
    ["@scope/server-files@2025.8.21", "npm", "@scope/server-files", "2025.8.21"],
    ["supergateway@3", "npm", "supergateway", "3"],
    ["mcp-remote@latest", "npm", "mcp-remote", undefined],
    ["postgres-mcp==0.3.0", "pypi", "postgres-mcp", "0.3.0"],
    ["mcp-server-time@1.0", "pypi", "mcp-server-time", "1.0"],
    ["litellm[proxy]", "pypi", "litellm[proxy]", undefined],
  ])("is read from %s", (text, ecosystem, name, version) => {
    expect((ecosystem === "npm" ? readNpmSpec : readPypiSpec)(text)).toEqual({ ecosystem, name, version });
  });

  it.each(["github:user/repository", "./here", "git+https://example.org/x"])("is not %s", (text) => {
    expect(readNpmSpec(text)).toBeUndefined();
    expect(readPypiSpec(text)).toBeUndefined();
  });

  it("has its registry's form, and a name without its scope", () => {
    const npm = readNpmSpec("@scope/server@1.0");
    const pypi = readPypiSpec("litellm[proxy]==1.0");
    expect(npm && [packageText(npm), unscopedName(npm)]).toEqual(["@scope/server@1.0", "server"]);
    expect(pypi && [packageText(pypi), unscopedName(pypi)]).toEqual(["litellm[proxy]==1.0", "litellm"]);
  });
  it.each([
    ["2025.9.25", "2025-10-25"],
    ["2025.12.18", "2026-01-17"],
    ["0.3.0", undefined],
    [undefined, undefined],
  ])("of version %s was published by %s", (version, date) => {
    expect(dateOf({ version })).toBe(date);
  });
});

describe("a launcher's command", () => {
  const call = (command: string): unknown => {
    const [program = "", ...args] = command.split(" ");
    const read = readLauncher(program, args);
    return (
      read && {
        packages: read.packages.map(packageText),
        command: read.command,
        rest: args.slice(read.ownArguments),
        environment: Object.fromEntries(read.environment),
      }
    );
  };

  it.each<[string, string[], string | undefined, string[]]>([
    ["npx -y @scope/server@1.0 /data", ["@scope/server@1.0"], undefined, ["/data"]],
    ["/usr/bin/npx --yes --package=@scope/server@1.0 serve --flag", ["@scope/server@1.0"], "serve", ["--flag"]],
    ["npx -p a@1 -p b@2 run x", ["a@1", "b@2"], "run", ["x"]],
    ["uvx mcp-server-time --local-timezone=UTC", ["mcp-server-time"], undefined, ["--local-timezone=UTC"]],
    ["uvx --python 3.12 --from tool==1.0 --with extra==2 serve", ["tool==1.0", "extra==2"], "serve", []],
  ])("names what %s fetches", (command, packages, named, rest) => {
    expect(call(command)).toEqual({ packages, command: named, rest, environment: {} });
  });

  it("names the image of docker run, and what it gets in its environment", () => {
    const line = "docker run -i --rm -e TOKEN -e MODE=ro --mount type=bind,src=/a,dst=/b mcp/filesystem /b";
    const [, ...args] = line.split(" ");
    expect(readLauncher("docker", args)).toMatchObject({
      target: "mcp/filesystem",
      packages: [],
      environment: new Map([["MODE", "ro"]]),
      ownArguments: args.length - 1,
    });
  });

  it("names no package for what no registry has", () => {
    expect(call("npx github:user/repository")).toMatchObject({ packages: [] });
    expect(call("uvx --from git+https://example.org/x serve")).toMatchObject({ packages: [], command: "serve" });
  });

  it.each(["postgres-mcp --access-mode=restricted", "docker compose up", "npx", "uvx -q"])("is not %s", (command) =>
    expect(call(command)).toBeUndefined(),
  );
});

describe("a Dockerfile", () => {
  it("names its base, and the packages that it installs", () => {
    const outline = readDockerfile(
      [
        "# syntax=docker/dockerfile:1",
        "ARG TAG=main-v1.77.1",
        "FROM --platform=linux/amd64 ghcr.io/berriai/litellm:${TAG}",
        "RUN pip install --no-cache-dir -r requirements.txt 'postgres-mcp==0.3.0' \\",
        "    # a comment between continued lines",
        "    && npm install -g @scope/files@2025.8.21 supergateway@3",
        "RUN apk add curl; uv pip install 'langfuse>=2'",
        "WORKDIR /srv",
        "WORKDIR llm",
        'ENV PORT=8000 NAME="two words"',
        "ENV OLDER one value",
        "COPY --chmod=755 one.yaml two/",
        'COPY ["a b", "/c"]',
        "COPY --from=builder /x /y",
        'ENTRYPOINT ["litellm"]',
        "CMD --port 4000",
      ].join("\n"),
    );
    expect(outline).toEqual({
      bases: ["ghcr.io/berriai/litellm:main-v1.77.1"],
      base: "ghcr.io/berriai/litellm:main-v1.77.1",
      packages: [
        { ecosystem: "pypi", name: "postgres-mcp", version: "0.3.0" },
        { ecosystem: "npm", name: "@scope/files", version: "2025.8.21" },
        { ecosystem: "npm", name: "supergateway", version: "3" },
        { ecosystem: "pypi", name: "langfuse", version: undefined },
      ],
      entrypoint: ["litellm"],
      command: ["/bin/sh", "-c", "--port 4000"],
      commandLine: 16,
      variables: new Map([
        ["PORT", { value: "8000", line: 10 }],
        ["NAME", { value: "two words", line: 10 }],
        ["OLDER", { value: "one value", line: 11 }],
      ]),
      workingDir: "/srv/llm",
      copies: [
        { source: "one.yaml", target: "two/", workingDir: "/srv/llm", line: 12 },
        { source: "a b", target: "/c", workingDir: "/srv/llm", line: 13 },
      ],
    });
  });

  it("follows its stages to the target", () => {
    const text =
      "FROM a:1 AS one\nRUN npm i -g x@1\nFROM b:2 AS two\nRUN npm i -g y@1\nFROM one AS three\nRUN pip install z==1\n";
    expect(readDockerfile(text)).toMatchObject({ bases: ["a:1", "b:2"], base: "a:1" });
    expect(readDockerfile(text).packages.map(packageText)).toEqual(["x@1", "z==1"]);
    expect(readDockerfile(text, new Map(), "two").packages.map(packageText)).toEqual(["y@1"]);
  });

  it.each([
    [true, ["node", "server.js"]],
    [true, ["python3", "-u", "/app/main.py"]],
    [true, ["/bin/sh", "-c", "exec uvicorn app:app --port 8000"]],
    [true, ["npm", "start"]],
    [true, ["./entrypoint.sh"]],
    [false, ["supergateway", "--stdio", "mcp-server-time"]],
    [false, ["node", "/app/node_modules/pkg/dist/index.js"]],
    [false, ["python", "-m", "mcp_server_time"]],
    [false, []],
  ])("says whether it runs a file of its own: %s for %j", (isOwn, command) => {
    expect(runsOwnFile(command)).toBe(isOwn);
  });

  it("takes a build's arguments before their defaults", () => {
    expect(readDockerfile("ARG BASE=a\nFROM $BASE\n", new Map([["BASE", "b:2"]])).base).toBe("b:2");
  });
});
