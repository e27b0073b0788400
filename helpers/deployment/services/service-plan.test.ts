import { describe, expect, it } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import type { UpstreamConfig } from "../types.ts";
import { packagesOfConfig } from "./config-packages.ts";
import { type PlannedService, planServices } from "./service-plan.ts";
import { stdioServer } from "./stdio-servers.ts";

const reference = "deployments/reference";

async function planOf(...patches: Patch[]): Promise<ReadonlyMap<string, PlannedService>> {
  using copy = patchedCopy(reference, patches);
  return planServices(await loadDeployment(copy.folder));
}

/** Patches of the reference: a service, with more of the policy and of LiteLLM's config. */
function withService(text: string, more: { policy?: string; server?: string; upstream?: string } = {}): Patch[] {
  const patches: Patch[] = [
    { file: "compose.yaml", find: "  postgres:\n    image", replace: `${text}\n  postgres:\n    image` },
  ];
  if (more.policy !== undefined)
    patches.push({
      file: "policy.yaml",
      find: "env_file: litellm.env",
      replace: `env_file: litellm.env\n${more.policy}`,
    });
  if (more.server !== undefined)
    patches.push({ file: "litellm/config.yaml", find: "mcp_servers:\n", replace: `mcp_servers:\n  ${more.server}\n` });
  if (more.upstream !== undefined)
    patches.push({ file: "policy.yaml", find: "upstreams:\n", replace: `upstreams:\n  - ${more.upstream}\n` });
  return patches;
}

const everything = "  everything:\n    image: mcp/everything:latest\n    networks: [data-net]\n";
/** The service, built by a Dockerfile instead of its image. */
const builtBy = (dockerfile: string): string =>
  everything.replace("image: mcp/everything:latest", `build: { dockerfile_inline: ${JSON.stringify(dockerfile)} }`);
const server = "everything: { transport: http, url: http://everything:3001/mcp }";
const upstream = "{ name: everything, tools: [echo] }";

describe("the plan of the services", () => {
  it("runs LiteLLM, Traefik and the upstreams' database, by their images or the suite's recipes", async () => {
    const plan = await planOf();
    expect(Object.fromEntries([...plan].map(([key, { role, run }]) => [key, [role, run]]))).toEqual({
      traefik: ["traefik", part({ from: "image", image: "traefik:v3.5.3" }, recipe("traefik", "3.5.3"))],
      litellm: [
        "litellm",
        part({ from: "image", image: "ghcr.io/berriai/litellm:main-v1.77.1" }, recipe("litellm", "1.77.1")),
      ],
      postgres: ["database", part({ from: "image", image: "postgres:17" }, recipe("postgres", "17"))],
    });
  });

  it("leaves out what no check needs", async () => {
    const plan = await planOf(...withService("  chat:\n    image: ghcr.io/open-webui/open-webui:main\n"));
    expect(plan.get("chat")).toMatchObject({ role: undefined, run: { as: "left-out" }, reason: "no check needs it" });
  });

  it("leaves out what the policy leaves out, with its reason", async () => {
    const policy = "parts: { chat: { left_out: nobody uses it } }";
    const plan = await planOf(...withService("  chat:\n    image: chat:1\n", { policy }));
    expect(plan.get("chat")).toMatchObject({ run: { as: "left-out" }, reason: "nobody uses it" });
  });

  it("runs an upstream in a container of its own, from the package that its image is known to contain", async () => {
    const plan = await planOf(...withService(everything, { server, upstream }));
    expect(plan.get("everything")).toMatchObject({
      role: "upstream",
      run: part(
        { from: "image", image: "mcp/everything:latest" },
        packages({ ecosystem: "npm", name: "@modelcontextprotocol/server-everything", version: undefined }),
      ),
    });
  });

  it("runs what a known base image contains, with what the Dockerfile adds", async () => {
    const dockerfile =
      'FROM mcp/everything:latest\nRUN npm install -g left-pad\nENTRYPOINT ["tini", "--", "node", "dist/index.js"]\n';
    const plan = await planOf(...withService(builtBy(dockerfile), { server, upstream }));
    expect(plan.get("everything")?.run).toMatchObject({
      sources: [
        { from: "build" },
        {
          from: "packages",
          packages: [{ name: "@modelcontextprotocol/server-everything" }, { name: "left-pad" }],
          entrypoint: ["node", "dist/index.js"],
        },
      ],
    });
  });

  it("installs what a service fetches at its start, which runs without its image, too, where that has the launcher alone", async () => {
    const fetching = everything.replace(
      "image: mcp/everything:latest",
      "image: node:24\n    command: npx -y @scope/files@1.2.3 /data",
    );
    const plan = await planOf(...withService(fetching, { server, upstream }));
    expect(plan.get("everything")?.run).toMatchObject({
      sources: [
        { from: "image", image: "node:24" },
        { from: "packages", packages: [{ ecosystem: "npm", name: "@scope/files", version: "1.2.3" }] },
      ],
      launched: [{ command: "files", launcher: { name: "npx", arguments: ["-y", "@scope/files@1.2.3"] } }],
    });
  });

  it("takes the version that the Dockerfile installs, not that of its known base image", async () => {
    const dockerfile =
      "FROM mcp/everything:latest\nRUN npm install -g @modelcontextprotocol/server-everything@2025.8.18\n";
    const plan = await planOf(...withService(builtBy(dockerfile), { server, upstream }));
    expect(plan.get("everything")?.run).toMatchObject({
      sources: [
        { from: "build" },
        { packages: [{ name: "@modelcontextprotocol/server-everything", version: "2025.8.18" }] },
      ],
    });
  });

  it("runs what a known image next to a build contains, where the Dockerfile's base is not known", async () => {
    const built = everything.replace(
      "image: mcp/everything:latest",
      `image: mcp/everything:latest\n    build: { dockerfile_inline: ${JSON.stringify("FROM base.lan/own:1\n")} }`,
    );
    const plan = await planOf(...withService(built, { server, upstream }));
    expect(plan.get("everything")?.run).toMatchObject({
      sources: expect.arrayContaining([
        expect.objectContaining({
          from: "packages",
          packages: [{ ecosystem: "npm", name: "@modelcontextprotocol/server-everything", version: undefined }],
        }),
      ]),
    });
  });

  it("takes the policy's package instead of the image", async () => {
    const policy = 'parts: { everything: { package: "npm:other@1.2.3", command: [other, serve] } }';
    const plan = await planOf(...withService(everything, { server, upstream, policy }));
    const run = part({
      ...packages({ ecosystem: "npm", name: "other", version: "1.2.3" }),
      entrypoint: undefined,
      command: ["other", "serve"],
    });
    expect(plan.get("everything")).toMatchObject({ role: "upstream", run });
  });

  it("leaves a service out whose upstream the policy replaces or leaves out", async () => {
    for (const how of ["stand_in: true, tools: [echo]", "left_out: it is not here"]) {
      const plan = await planOf(...withService(everything, { server, upstream: `{ name: everything, ${how} }` }));
      expect(plan.get("everything")).toMatchObject({ role: undefined, run: { as: "left-out" } });
    }
  });

  it("reports what a service of the run mounts and the folder does not have, and not what others do", async () => {
    const own = "      - ./litellm/config.yaml:/app/config.yaml:ro\n";
    using copy = patchedCopy(reference, [
      { file: "compose.yaml", find: own, replace: `${own}      - ./own.conf:/own.conf\n` },
      ...withService("  chat:\n    image: chat:1\n    volumes: [./chat.conf:/chat.conf]\n"),
    ]);
    const { facts } = await loadDeployment(copy.folder);
    const missing = facts.notes.notes.filter(({ what }) => what.includes("mounted but missing"));
    expect(missing.map(({ what }) => what)).toEqual(["'./own.conf' is mounted but missing"]);
  });

  it("runs the database that LiteLLM's config names", async () => {
    const plan = await planOf(
      ...withService("  store:\n    image: postgres:17\n    networks: [data-net]\n"),
      {
        file: "compose.yaml",
        find: '      NUM_WORKERS: "1"',
        replace: '      LITELLM_DATABASE_URL: postgresql://llm:llm@store/llm\n      NUM_WORKERS: "1"',
      },
      {
        file: "litellm/config.yaml",
        find: "general_settings:\n",
        replace: "general_settings:\n  database_url: os.environ/LITELLM_DATABASE_URL\n",
      },
    );
    expect(plan.get("store")?.role).toBe("database");
  });

  it("finds an upstream and a cache by any of their names", async () => {
    const aliased = "  mcp:\n    image: mcp/everything\n    networks: { data-net: { aliases: [everything] } }\n";
    const plan = await planOf(
      ...withService(`${aliased}  redis:\n    image: redis:8\n    networks: { data-net: { aliases: [cache] } }\n`, {
        server,
        upstream,
      }),
      {
        file: "compose.yaml",
        find: '      NUM_WORKERS: "1"',
        replace: '      REDIS_HOST: cache\n      NUM_WORKERS: "1"',
      },
    );
    expect(plan.get("mcp")?.role).toBe("upstream");
    expect(plan.get("redis")).toMatchObject({
      role: "cache",
      run: part({ from: "image", image: "redis:8" }, recipe("redis", "8")),
    });
  });
});

describe("a stdio server", () => {
  const stdio = (command: string): UpstreamConfig & { transport: "stdio" } => {
    const [program = "", ...args] = command.split(" ");
    const location = { file: "/config.yaml", line: 1 };
    const tools = { allowed: undefined, disallowed: undefined };
    const common = {
      name: "one",
      location,
      prefix: { value: "one", location },
      tools,
      accessGroups: [],
      allowAllKeys: false,
    };
    return { ...common, transport: "stdio", command: program, args, env: new Map() };
  };

  it("is what its launcher fetches", () => {
    expect(stdioServer(stdio("npx -y @scope/server@1.0 /data"), undefined, [])).toEqual({
      command: "server",
      version: "1.0",
      packages: [{ ecosystem: "npm", name: "@scope/server", version: "1.0" }],
      launcher: {
        name: "npx",
        arguments: ["-y", "@scope/server@1.0"],
        environment: {},
        target: "@scope/server@1.0",
        isPinned: true,
      },
    });
    expect(stdioServer(stdio("docker run -i mcp/time --x"), undefined, [])).toMatchObject({
      command: "mcp-server-time",
      packages: [{ ecosystem: "pypi", name: "mcp-server-time" }],
      launcher: { name: "docker", arguments: ["run", "-i", "mcp/time"], isPinned: false },
    });
  });

  it("is unknown where nothing says which package it is", () => {
    expect(stdioServer(stdio("docker run -i example.org/server"), undefined, [])).toBeUndefined();
    expect(stdioServer(stdio("npx github:user/repository"), undefined, [])).toBeUndefined();
  });

  it("comes from the package that the operator's image installs", () => {
    const files = { ecosystem: "npm", name: "@modelcontextprotocol/server-filesystem", version: "2025.8.21" } as const;
    expect(stdioServer(stdio("mcp-server-filesystem /data"), undefined, [files])).toMatchObject({
      version: "2025.8.21",
      packages: [files],
      launcher: undefined,
    });
    expect(stdioServer(stdio("something /data"), undefined, [files])?.packages).toBeUndefined();
  });
});

function part(...sources: unknown[]): unknown {
  return { as: "part", sources, launched: [] };
}

function recipe(name: string, version: string): unknown {
  return { from: "recipe", part: name, version };
}

function packages(...specs: object[]): object {
  return { from: "packages", packages: specs };
}

describe("the packages of LiteLLM's callbacks and guardrails", () => {
  it("are those that its own image has and its package does not", () => {
    const settings = { callbacks: ["custom.handler", "prometheus"], success_callback: ["prometheus", "langfuse"] };
    expect(packagesOfConfig({ litellm_settings: settings }).map(({ name }) => name)).toEqual(["prometheus_client"]);
    const guardrails = [{ guardrail_name: "secrets", litellm_params: { guardrail: "hide-secrets", mode: "pre_call" } }];
    expect(packagesOfConfig({ guardrails }).map(({ name }) => name)).toEqual(["detect-secrets"]);
    expect(packagesOfConfig({ litellm_settings: null, guardrails: null })).toEqual([]);
  });
});
