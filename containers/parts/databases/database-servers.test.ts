import { describe, expect, it } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import type { PartImage } from "../../images/part-image.ts";
import { databaseServers } from "./database-servers.ts";
import { databaseSettings, readDatabaseUrlFromEnvironment } from "./litellm-settings.ts";

const built: PartImage = {
  ...{ part: "litellm", version: "1.77.1", reference: "litellm:1", digest: "sha256:1" },
  ...{ origin: "built", source: "PyPI" },
};

/** The reference with a database for LiteLLM. */
async function withDatabase(url: string, more = "") {
  const patch: Patch = {
    file: "compose.yaml",
    find: "      DOCS_URL: /docs\n",
    replace: `      DOCS_URL: /docs\n      DATABASE_URL: "${url}"\n`,
  };
  const lines: Patch = { file: "compose.yaml", find: "  litellm:\n", replace: `  litellm:\n${more}` };
  using copy = patchedCopy("deployments/reference", [patch, lines]);
  return await loadDeployment(copy.folder);
}

describe("the database servers of a deployment", () => {
  it("are one where LiteLLM shares it with an upstream, whose database comes first", async () => {
    const [server, ...others] = databaseServers(await withDatabase("postgresql://llm:pw@postgres:5432/litellm"));
    expect(others).toEqual([]);
    expect(server).toMatchObject({ part: "postgres", host: "postgres", service: { name: "postgres" } });
    expect(server?.databases.map(({ name, isLiteLLMs }) => [name, isLiteLLMs])).toEqual([
      ["gateway", false],
      ["litellm", true],
    ]);
  });

  it("have a part of their own for a server that is in no file", async () => {
    const [, server] = databaseServers(await withDatabase("postgresql://llm:p%40@db.example.org/litellm"));
    expect(server).toEqual({
      ...{ part: "postgres-litellm", host: "db.example.org", port: "5432", service: undefined },
      databases: [{ name: "litellm", user: "llm", password: "p@", isLiteLLMs: true }],
    });
  });

  it("have a name in place of an address", async () => {
    const [, server] = databaseServers(await withDatabase("postgresql://llm:pw@192.168.1.2:6543/litellm"));
    expect(server).toMatchObject({ host: "litellm-database", port: "6543" });
  });

  it("have a name in place of one that LiteLLM has an address for", async () => {
    const more = "    extra_hosts: [host.docker.internal:host-gateway]\n";
    const [, server] = databaseServers(await withDatabase("postgresql://llm:pw@host.docker.internal/litellm", more));
    expect(server).toMatchObject({ host: "litellm-database" });
  });
});

/** The reference with another URL of its upstream's database, and with one for LiteLLM. */
async function withUpstreamAt(url: string, own?: string) {
  const written = "postgresql://gateway:change-me-postgres-000000000000@postgres:5432/gateway";
  using copy = patchedCopy("deployments/reference", [
    { file: "litellm.env.example", find: written, replace: url },
    ...(own === undefined
      ? []
      : [
          {
            file: "compose.yaml",
            find: "      DOCS_URL: /docs\n",
            replace: `      DOCS_URL: /docs\n      DATABASE_URL: "${own}"\n`,
          },
        ]),
  ]);
  return await loadDeployment(copy.folder);
}

describe("an upstream's database", () => {
  it.each([
    ["postgres:5432/gateway", "postgres", undefined],
    ["db.example.org/app", "db.example.org", undefined],
    ["10.0.0.7:6543/app", "database-10-0-0-7", "database-10-0-0-7:6543/app"],
    ["localhost/app?sslmode=require", "database-localhost", "database-localhost/app?sslmode=disable"],
    ["db.example.org/app?sslmode=verify-full", "db.example.org", "db.example.org/app?sslmode=disable"],
  ])("at %s is the run's own, by a name that the run resolves", async (at, host, changed) => {
    const deployment = await withUpstreamAt(`postgresql://app:secret-pw@${at}`);
    expect(databaseServers(deployment)).toMatchObject([{ part: "postgres", host }]);
    const { environment, changes } = databaseSettings(deployment, built);
    expect(environment).toEqual(
      changed === undefined ? {} : { POSTGRES_MCP_URL: `postgresql://app:secret-pw@${changed}` },
    );
    expect(changes).toHaveLength(changed === undefined ? 0 : 1);
    expect(JSON.stringify(changes)).not.toContain("secret-pw");
  });

  it("is on the server of LiteLLM's own where both have one address", async () => {
    const url = "postgresql://app:pw@10.0.0.7/app";
    const deployment = await withUpstreamAt(url, url.replace(/app$/, "litellm"));
    const [server, ...others] = databaseServers(deployment);
    expect([server?.host, server?.databases.map(({ name }) => name), others]).toEqual([
      "litellm-database",
      ["app", "litellm"],
      [],
    ]);
    expect(databaseSettings(deployment, built).environment).toMatchObject({
      POSTGRES_MCP_URL: "postgresql://app:pw@litellm-database/app",
      DATABASE_URL: "postgresql://app:pw@litellm-database/litellm",
    });
  });
});

describe("LiteLLM's settings for its database", () => {
  it("leave the operator's URL, and the tables to the image", async () => {
    const { environment, changes } = databaseSettings(
      await withDatabase("postgresql://llm:pw@postgres:5432/litellm"),
      built,
    );
    expect(environment).toEqual({ DISABLE_SCHEMA_UPDATE: "true" });
    expect(changes).toHaveLength(1);
  });

  it("name the run's server, without TLS, in place of an address; no change shows the password", async () => {
    const { environment, changes } = databaseSettings(
      await withDatabase("postgresql://llm:secret-pw@10.0.0.1:5432/litellm?sslmode=require"),
      { ...built, origin: "pulled" },
    );
    expect(environment.DATABASE_URL).toBe("postgresql://llm:secret-pw@litellm-database:5432/litellm?sslmode=disable");
    expect(environment.DISABLE_SCHEMA_UPDATE).toBeUndefined();
    expect(changes).toHaveLength(1);
    expect(JSON.stringify(changes)).not.toContain("secret-pw");
  });

  it.each([
    ["in the config itself", "postgresql://llm:pw@localhost/llm", "", "DATABASE_URL", "os.environ/DATABASE_URL"],
    [
      "in a variable",
      "os.environ/OWN_URL",
      "      OWN_URL: postgresql://llm:pw@localhost/llm\n",
      "OWN_URL",
      "os.environ/OWN_URL",
    ],
  ])("are where LiteLLM looks for a URL that is %s", async (_, written, more, variable, read) => {
    const patches: Patch[] = [
      { file: "compose.yaml", find: "      DOCS_URL: /docs\n", replace: `      DOCS_URL: /docs\n${more}` },
      {
        file: "litellm/config.yaml",
        find: "general_settings:\n",
        replace: `general_settings:\n  database_url: ${written}\n`,
      },
    ];
    using copy = patchedCopy("deployments/reference", patches);
    const deployment = await loadDeployment(copy.folder);
    const { environment } = databaseSettings(deployment, built);
    expect(environment[variable]).toBe("postgresql://llm:pw@litellm-database/llm");
    const document = structuredClone(deployment.litellmConfig.document);
    readDatabaseUrlFromEnvironment(document, "config.yaml", deployment);
    expect(document.general_settings).toMatchObject({ database_url: read });
  });

  it("are none without a database", async () => {
    const deployment = await loadDeployment("deployments/reference");
    expect(databaseSettings(deployment, built)).toEqual({ environment: {}, changes: [] });
    expect(databaseServers(deployment).map(({ part }) => part)).toEqual(["postgres"]);
  });
});
