import { randomUUID } from "node:crypto";
import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { serverLine } from "../../../helpers/deployment/litellm/blame.ts";
import { callHookLine } from "../../../helpers/deployment/litellm/call-hook.ts";
import { expectedTools } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { moduleLine, moduleLineOfAnswer } from "../../../helpers/deployment/litellm/module-lines.ts";
import { serverPath } from "../../../helpers/deployment/policy/mcp-paths.ts";
import type { ScopedKey } from "../../../helpers/deployment/types.ts";
import type { Exchange, HeaderLines } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { whyCallIs } from "../../runner/operator-module/call-decision.ts";
import { followsCatalogue, followsContent } from "../../support/needed-checks.ts";
import { statusText } from "../support/error-answers.ts";
import { listings, offeredTools, whyNotCalled } from "../support/listings.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc, toolNamesIn } from "../support/rpc.ts";

check({
  id: "CAT-16/scoped-key-listing",
  requirements: ["CAT-16"],
  title: "a scoped key sees the tools that it is granted, and no others",
  needs: ["gateway", "direct-upstreams"],
  async run({ gateway, evidence }) {
    const keys = scopedKeys(gateway, evidence);
    const { direct } = await listings(gateway);
    await forEachCase(
      "a scoped key lists exactly the tools of its grant",
      // A client's config may have the path with or without a slash at its end.
      keys.flatMap((key) => [key, { ...key, path: `${key.path.replace(/\/$/, "")}/` }]),
      ({ secret, path }) => `${secret} at ${path}`,
      async ({ secret, path, servers, location }) => {
        const exchange = await list(gateway, path, gateway.secret(secret));
        const found = toolNamesIn(exchange).sort();
        const granted = direct.filter(({ name }) => servers.includes(name));
        const { litellmConfig } = gateway.deployment;
        const expected = granted.flatMap(({ name, tools }) =>
          expectedTools(
            litellmConfig,
            name,
            tools.map((tool) => tool.name),
          ),
        );
        const different = differences(expected.sort(), found);
        if (different.length === 0 && expected.length > 0) return;
        throw new CheckFailure({
          summary: `${secret} at ${path} lists other tools than those of ${servers.join(" and ")}`,
          code: "other-tools",
          expected: expected.length === 0 ? "at least one granted tool" : `the ${expected.length} granted tools`,
          actual: `${found.length} tools: ${found.filter((name) => !expected.includes(name)).length} not granted`,
          cause: "LiteLLM looks grants up in a database; without one it shows everything, or nothing",
          location: moduleLine(gateway.deployment, secret) ?? location,
          ...(found.length === 0 && (await offeredTools(gateway).catch(() => [])).length === 0 ? followsCatalogue : {}),
          evidence: { ...exchangeEvidence(exchange), received: different.join("\n") },
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
    await forEachCase(
      "another server's tools are not shown",
      scopedKeys(gateway, evidence).flatMap((key) => detours(gateway, key)),
      ({ key, path, headers }) =>
        `${key.secret} at ${path}${headers === undefined ? "" : ` with ${headers.map(([name]) => name).join()}`}`,
      async ({ key, others, path, headers }) => {
        const bearer = gateway.secret(key.secret);
        const exchange = path.startsWith(endpoint)
          ? await list(gateway, path, bearer, headers)
          : await gateway.send({ path, bearer });
        const shown = others.filter((name) => exchange.response?.body.includes(`"${name}`));
        if (exchange.response !== undefined && shown.length === 0) return;
        throw new CheckFailure({
          summary: `what ${key.secret} is shown is not limited to its grant`,
          code: exchange.response === undefined ? "no-response" : "other-tools",
          expected: "a response without a tool of another server",
          actual: exchange.response === undefined ? statusText(exchange) : `tools of ${shown.join(" and ")}`,
          ...(exchange.response === undefined ? {} : { cause: "the scope applies to the key's own path only" }),
          location: moduleLine(gateway.deployment, key.secret) ?? key.location,
          evidence: exchangeEvidence(exchange),
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
    await forEachCase(
      "a scoped key can call exactly the tools of its grant",
      scopedKeys(gateway, evidence),
      ({ secret }) => secret,
      async (key) => {
        const database = await expectGrantedCall(gateway, key);
        await expectOtherCallsStopped(gateway, key, database);
        evidence.finding(
          `${key.secret} sees and calls only the tools of ${key.servers.join(" and ")}: MCP users need no master key. ` +
            `Calls of ${database}'s tool, with and without its prefix, did not reach Postgres, where the same call with the master key did.`,
        );
      },
    );
  },
});

/** @throws {NotSupported} when the policy names no scoped key */
function scopedKeys({ policy }: GatewayTarget, evidence: Evidence): readonly ScopedKey[] {
  const { scopedKeys: keys } = policy.mcp;
  if (keys.length === 0) evidence.notSupported("the policy names no scoped key (mcp.scoped_keys)");
  return keys;
}

/** A request by which a scoped key might see tools of servers that it is not granted. */
interface Detour {
  key: ScopedKey;
  /** Names of the servers that are not granted. */
  others: readonly string[];
  path: string;
  headers?: HeaderLines;
}

function detours({ policy }: GatewayTarget, key: ScopedKey): Detour[] {
  const { endpoint } = policy.mcp;
  const names = policy.upstreams.map(({ name }) => name);
  const others = names.filter((name) => !key.servers.includes(name));
  const [other] = others;
  if (other === undefined) {
    throw new CheckFailure({
      summary: `nothing can show whether ${key.secret} is limited to its grant`,
      code: "nothing-to-judge",
      expected: "at least one server that the key is not granted",
      actual: "none: it is granted every server",
      location: key.location,
    });
  }
  const requests: Pick<Detour, "path" | "headers">[] = [
    { path: endpoint },
    { path: serverPath(policy, other) },
    { path: serverPath(policy, ...key.servers, ...others) },
    { path: `${key.path}/../${other}` },
    { path: key.path, headers: [["x-mcp-servers", names.join(",")]] },
    { path: "/mcp-rest/tools/list" },
    { path: "/v1/mcp/tools" },
  ];
  return requests.map((request) => ({ key, others, ...request }));
}

/**
 * The control: the key reads the canary file through the upstream that it is granted.
 *
 * @returns name of a server with a database, which the key is not granted
 */
async function expectGrantedCall(gateway: GatewayWith<"canaries">, key: ScopedKey): Promise<string> {
  const { secret, path, servers, location } = key;
  const { upstreams } = gateway.policy;
  const granted = upstreams.find(({ name, directory }) => directory !== undefined && servers.includes(name));
  const other = upstreams.find(({ name, database }) => database !== undefined && !servers.includes(name));
  if (granted === undefined || other === undefined) {
    throw new CheckFailure({
      summary: `nothing can show whether ${secret} is limited to its grant`,
      code: "nothing-to-judge",
      expected: "a granted upstream with a directory, and one with a database that is not granted",
      actual: granted === undefined ? "no such granted upstream" : "no such upstream with a database",
      location,
    });
  }
  const { file } = gateway.canaries;
  const tool = catalogueName(gateway, granted.name, "read_text_file");
  const input = { path: `${granted.directory}/${file.name}` };
  const exchange = await call(gateway, path, gateway.secret(secret), tool, input);
  if (exchange.response?.body.includes(file.content)) return other.name;
  // Where even the master key cannot read the file, the key is not the cause.
  const control = await call(gateway, gateway.policy.mcp.endpoint, gateway.masterKey, tool, input);
  const isOfTheServer = !control.response?.body.includes(file.content);
  const refusing = moduleLineOfAnswer(gateway.deployment, exchange.response?.body ?? "");
  const asked = { secret, path, tool, granted: servers, other: [other.name] };
  throw new CheckFailure({
    summary: `${secret} cannot call what it is granted`,
    code: "granted-call-fails",
    expected: "the content of the canary file",
    actual: `${statusText(exchange)} without it`,
    location: moduleLine(gateway.deployment, secret) ?? location,
    ...(isOfTheServer ? { ...serverLine(gateway.deployment, granted.name), ...followsContent } : {}),
    ...(await whyNotCalled(gateway, tool)),
    ...(refusing === undefined ? {} : { cause: "the operator's module refuses the call", location: refusing }),
    ...(isOfTheServer ? {} : await whyCallIs("refused", asked, gateway)),
    evidence: exchangeEvidence(exchange, control),
  });
}

/** Postgres logs each statement: its log shows which of the statements arrived. The control is the master key's. */
async function expectOtherCallsStopped(
  gateway: GatewayWith<"part-logs">,
  { secret, path, servers, location }: ScopedKey,
  database: string,
): Promise<void> {
  const marks = { granted: randomUUID(), prefixed: randomUUID(), bare: randomUUID() };
  const since = new Date();
  const sql = (mark: string): Record<string, string> => ({ sql: `SELECT '${mark}'` });
  const tool = catalogueName(gateway, database, "execute_sql");
  const control = await call(gateway, gateway.policy.mcp.endpoint, gateway.masterKey, tool, sql(marks.granted));
  if (!control.response?.body.includes(marks.granted)) {
    throw new CheckFailure({
      summary: `the control fails: a call of ${tool} with the master key does not return its result`,
      code: "control-fails",
      expected: `the result of SELECT '${marks.granted}'`,
      actual: `${statusText(control)} without it`,
      ...followsContent,
      ...(await whyNotCalled(gateway, tool)),
      evidence: exchangeEvidence(control),
    });
  }
  const attempts = [
    {
      tool,
      mark: marks.prefixed,
      exchange: await call(gateway, path, gateway.secret(secret), tool, sql(marks.prefixed)),
    },
    {
      tool: "execute_sql",
      mark: marks.bare,
      exchange: await call(gateway, path, gateway.secret(secret), "execute_sql", sql(marks.bare)),
    },
  ];
  const log = await gateway.logOnce("postgres", (text) => text.includes(marks.granted), { since });
  const ran = attempts.find(({ mark }) => log.includes(mark));
  if (ran === undefined) return;
  throw new CheckFailure({
    summary: `${secret} calls a tool of ${database}, which it is not granted, and Postgres runs the statement`,
    code: "other-call-runs",
    expected: "no statement of this key in Postgres's log",
    actual: `SELECT '${ran.mark}'`,
    cause: "LiteLLM 1.77.1 checks grants when it lists, never when it calls: a hook has to do it",
    location,
    ...callHookLine(gateway.deployment),
    ...(await whyCallIs("passed", { secret, path, tool: ran.tool, granted: servers, other: [database] }, gateway)),
    evidence: exchangeEvidence(ran.exchange),
  });
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
