import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import type { ScopedKey } from "../../../helpers/deployment/types.ts";
import { type Exchange, type HeaderLines, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { catalogueName, listings } from "../support/listings.ts";
import { rpc } from "../support/rpc.ts";

check({
  id: "CAT-16/scoped-key-listing",
  requirements: ["CAT-16"],
  title: "a scoped key sees the tools that it is granted, and no others",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const keys = scopedKeys(gateway, evidence);
    const { direct } = await listings(gateway, evidence);
    await forEachCase(
      "the key's listing is its grant, with and without a slash at the end",
      // A client's config may have it either way.
      keys.flatMap((key) => [key, { ...key, path: `${key.path.replace(/\/$/, "")}/` }]),
      ({ secret, path }) => `${secret} at ${path}`,
      async ({ secret, path, servers, location }) => {
        const exchange = await list(gateway, path, gateway.secret(secret));
        const granted = direct.filter(({ name }) => servers.includes(name));
        const expected = granted.flatMap(({ name, tools }) => tools.map((tool) => catalogueName(name, tool.name)));
        const different = differences(expected.sort(), toolNames(exchange).sort());
        if (different.length === 0 && expected.length > 0) return;
        throw new CheckFailure({
          summary: `${secret} at ${path} sees other tools than those of ${servers.join(" and ")}`,
          evidence: { ...exchangeEvidence(exchange), received: different.join("\n") },

          cause: "LiteLLM looks grants up in a database, and without one shows everything, or nothing",
          location,
        });
      },
    );
  },
});

check({
  id: "CAT-16/scoped-key-detours",
  requirements: ["CAT-16"],
  title: "a scoped key reaches other tools by no other path or header",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { endpoint } = gateway.policy.mcp;
    const names = gateway.policy.upstreams.map(({ name }) => name);
    const cases = scopedKeys(gateway, evidence).flatMap((key) => {
      const others = names.filter((name) => !key.servers.includes(name));
      if (others.length === 0)
        throw new CheckFailure({ summary: `${key.secret} is scoped to every server`, location: key.location });
      const ways: { path: string; headers?: HeaderLines }[] = [
        { path: endpoint },
        { path: `${endpoint}${others[0]}` },
        { path: `${endpoint}${[...key.servers, ...others].join(",")}` },
        { path: `${key.path}/../${others[0]}` },
        { path: key.path, headers: [["x-mcp-servers", names.join(",")]] },
        { path: "/mcp-rest/tools/list" },
        { path: "/v1/mcp/tools" },
      ];
      return ways.map((way) => ({ key, others, ...way }));
    });
    await forEachCase(
      "another server's tools are not shown",
      cases,
      ({ path, headers }) => `${path}${headers === undefined ? "" : " with x-mcp-servers"}`,
      async ({ key, others, path, headers }) => {
        const bearer = gateway.secret(key.secret);
        const exchange = path.startsWith(endpoint)
          ? await list(gateway, path, bearer, headers)
          : await gateway.send({ path, bearer });
        const shown = others.filter((name) => exchange.response?.body.includes(`"${name}`));
        if (exchange.response !== undefined && shown.length === 0) return;
        throw new CheckFailure({
          summary: `${key.secret} is shown tools of ${shown.join(" and ") || "nobody knows whom"}`,
          evidence: exchangeEvidence(exchange),

          cause: "the scope holds on the key's own path only",
          location: key.location,
        });
      },
    );
  },
});

check({
  id: "CAT-16/scoped-key-calls",
  requirements: ["CAT-16"],
  title: "a scoped key calls what it is granted, and no other call reaches its upstream",
  needs: ["gateway", "canaries", "part-logs"],
  async run({ gateway, evidence }) {
    const { databases, directories } = upstreams(gateway);
    await forEachCase(
      "the key's calls keep to its grant",
      scopedKeys(gateway, evidence),
      ({ secret }) => secret,
      async (key) => {
        const { secret, path, servers, location } = key;
        const directory = directories.find(({ name }) => servers.includes(name));
        const database = databases.find(({ name }) => !servers.includes(name));
        if (directory === undefined || database === undefined) {
          throw new CheckFailure({
            summary: `nothing can tell whether ${secret} keeps to its grant`,
            cause: "the check needs a granted upstream with a directory, and one with a database that is not granted",
            location,
          });
        }
        const { file } = gateway.canaries;
        const read = await call(
          gateway,
          path,
          gateway.secret(secret),
          catalogueName(directory.name, "read_text_file"),
          {
            path: `${directory.directory}/${file.name}`,
          },
        );
        if (!read.response?.body.includes(file.content)) {
          throw new CheckFailure({
            summary: `${secret} can't call what it is granted`,
            evidence: exchangeEvidence(read),

            location,
          });
        }
        // Postgres logs each statement: by its own word one came, or did not.
        const asked = { granted: randomUUID(), prefixed: randomUUID(), bare: randomUUID() };
        const since = new Date();
        const sql = (mark: string): Record<string, string> => ({ sql: `SELECT '${mark}'` });
        const tool = catalogueName(database.name, "execute_sql");
        await call(gateway, gateway.policy.mcp.endpoint, gateway.masterKey, tool, sql(asked.granted));
        const refused = [
          await call(gateway, path, gateway.secret(secret), tool, sql(asked.prefixed)),
          await call(gateway, path, gateway.secret(secret), "execute_sql", sql(asked.bare)),
        ];
        const log = await gateway.logOnce("postgres", (text) => text.includes(asked.granted), { since });
        for (const [index, mark] of [asked.prefixed, asked.bare].entries()) {
          const exchange = refused[index];
          if (!log.includes(mark) || exchange === undefined) continue;
          throw new CheckFailure({
            summary: `${secret} calls a tool of ${database.name}, which it is not granted, and Postgres runs the statement`,
            evidence: exchangeEvidence(exchange),

            cause: "LiteLLM 1.77.1 checks grants when it lists, never when it calls: a hook has to",
            location,
          });
        }
        evidence.finding(
          `${secret} sees and calls the tools of ${servers.join(" and ")} alone: MCP users need no master key. A call of ` +
            `${database.name}'s, with its prefix and without, never came to Postgres, where the same call with the master key did.`,
        );
      },
    );
  },
});

check({
  id: "CAT-16/virtual-key-listing",
  requirements: ["CAT-16"],
  title: "a virtual key sees only the servers that it is granted",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const health = await gateway.send({ path: "/health/readiness", bearer: gateway.masterKey });
    const told = z.object({ db: z.string().nullish() }).safeParse(jsonOf(health.response?.body));
    if (!told.success)
      throw new CheckFailure({
        summary: "LiteLLM does not say whether it has a database",
        evidence: exchangeEvidence(health),

        cause: "this version has no /health/readiness, or answers it in another form",
      });
    const { db } = told.data;
    if (db !== "connected")
      evidence.notSupported(
        `this LiteLLM has no database (/health/readiness says ${db ?? "nothing"}), and so no virtual keys`,
      );
    const [server] = gateway.policy.upstreams;
    const made = await gateway.send({
      path: "/key/generate",
      method: "POST",
      bearer: gateway.masterKey,
      headers: [["Content-Type", "application/json"]],
      body: JSON.stringify({ duration: "10m", object_permission: { mcp_servers: [server?.name] } }),
    });
    const virtual = z.object({ key: z.string() }).safeParse(jsonOf(made.response?.body));
    if (!virtual.success)
      throw new CheckFailure({
        summary: `no virtual key for ${server?.name} was made`,
        evidence: exchangeEvidence(made),

        cause: "the master key does not administer LiteLLM, or its database can't be written to",
      });
    const names = toolNames(await list(gateway, gateway.policy.mcp.endpoint, virtual.data.key));
    const others = names.filter((name) => !name.startsWith(catalogueName(server?.name ?? "", "")));
    if (names.length > 0 && others.length === 0) return;
    throw new CheckFailure({
      summary: `a virtual key for ${server?.name} sees ${names.length} tools, ${others.length} of them another server's`,
      evidence: { received: others.join("\n") },
    });
  },
});

function scopedKeys({ policy }: GatewayTarget, evidence: Evidence): readonly ScopedKey[] {
  const { scopedKeys: keys } = policy.mcp;
  if (keys.length === 0) evidence.notSupported("the policy names no scoped key (mcp.scoped_keys)");
  return keys;
}

function upstreams({ policy }: GatewayTarget): {
  databases: { name: string }[];
  directories: { name: string; directory: string }[];
} {
  return {
    databases: policy.upstreams.filter(({ database }) => database !== undefined),
    directories: policy.upstreams.flatMap(({ name, directory }) =>
      directory === undefined ? [] : [{ name, directory }],
    ),
  };
}

function list(gateway: GatewayTarget, path: string, bearer: string, headers: HeaderLines = []): Promise<Exchange> {
  return rpc(gateway, { path, method: "tools/list", bearer, headers });
}

function call(
  gateway: GatewayTarget,
  path: string,
  bearer: string,
  name: string,
  input: Record<string, unknown>,
): Promise<Exchange> {
  return rpc(gateway, { path, method: "tools/call", params: { name, arguments: input }, bearer });
}

function toolNames(exchange: Exchange): string[] {
  const tools = resultOf(exchange, 1)?.tools;
  return Array.isArray(tools) ? tools.map(({ name }: { name: string }) => name) : [];
}
