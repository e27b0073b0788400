import { readFile } from "node:fs/promises";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { PolicyClient } from "../../../helpers/deployment/types.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { connectOverHttp, listTools } from "../../../helpers/protocol/mcp.ts";
import { check } from "../../runner/check.ts";
import { type ClientEndpoint, clientSettings, endpointFaults } from "../support/client-endpoints.ts";
import { databaseTool } from "../support/client-of.ts";

check({
  id: "PROMPT-09/client-config-values",
  requirements: ["PROMPT-09"],
  title:
    "each client's config names the gateway as the policy has it, takes its key from the environment, and waits long enough",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    await forEachCase(
      "a client's config has no fault",
      gateway.policy.clients,
      ({ name, kind }) => `${name} (${kind})`,
      async (client) => {
        const settings = clientSettings(client, await readFile(client.config, "utf8"));
        const [fault, ...more] = [...settings.faults, ...endpointFaults(settings, gateway.policy)];
        if (fault !== undefined)
          throw new CheckFailure({
            summary: [fault, ...more].map(({ what }) => what).join("\n"),
            location: fault.location,
          });
      },
    );
    const outside = gateway.policy.hosts.filter(({ zone }) => zone === "external");
    const used = (await allEndpoints(gateway)).map(({ endpoint }) => endpoint.url);
    const unused = outside.filter(
      ({ name }) => !used.some((url) => URL.canParse(url) && new URL(url).hostname === name),
    );
    if (unused.length > 0 && gateway.policy.clients.some(({ kind }) => kind === "claude")) {
      throw new CheckFailure({
        summary: `no client has ${unused.map(({ name }) => name).join(", ")} to fall back on`,
        cause: "Claude and VS Code leave the LAN: their settings need a second server at the external host",
        location: { file: gateway.policy.clients.find(({ kind }) => kind === "claude")?.config ?? "", line: 1 },
      });
    }
    evidence.finding(
      `${gateway.policy.clients.length} client configs, ${used.length} ways to the gateway: ${used.join(", ")}.`,
    );
  },
});

check({
  id: "PROMPT-09/client-config-endpoints",
  requirements: ["PROMPT-09"],
  title: "each gateway address in a client's config answers as that client needs, with the key that the config names",
  needs: ["gateway", "canaries"],
  async run({ gateway, evidence }) {
    // Several clients go one way: it is tried once.
    const ways = Object.values(
      Object.groupBy(await allEndpoints(gateway), ({ endpoint }) =>
        [endpoint.for, endpoint.url, endpoint.keyVariable, endpoint.keyText].join(" "),
      ),
    ).flatMap((same = []) => (same[0] === undefined ? [] : [{ endpoint: same[0].endpoint, clients: namesOf(same) }]));
    await forEachCase(
      "a way to the gateway answers",
      ways,
      ({ clients, endpoint }) => `${clients}, ${endpoint.url}`,
      async ({ clients, endpoint }) => {
        const key = gateway.canaries.secrets.get(endpoint.keyVariable ?? "") ?? endpoint.keyText ?? "";
        const answer =
          endpoint.for === "model" ? await models(gateway, endpoint, key) : await tools(gateway, endpoint, key);
        evidence.finding(`${clients}: ${endpoint.url} answers with ${answer}.`);
      },
    );
  },
});

function namesOf(several: readonly { client: PolicyClient }[]): string {
  return several.map(({ client }) => client.name).join(", ");
}

async function allEndpoints({ policy }: GatewayTarget): Promise<{ client: PolicyClient; endpoint: ClientEndpoint }[]> {
  const read = policy.clients.map(async (client) => clientSettings(client, await readFile(client.config, "utf8")));
  return (await Promise.all(read)).flatMap(({ client, endpoints }) =>
    endpoints.map((endpoint) => ({ client, endpoint })),
  );
}

async function models(gateway: GatewayTarget, { url, location }: ClientEndpoint, key: string): Promise<string> {
  const exchange = await gateway.wire.send({
    url: `${url.replace(/\/$/, "")}/models`,
    headers: [["Authorization", `Bearer ${key}`]],
  });
  const told = { sent: sentText(exchange), received: receivedText(exchange), location };
  const offered = gateway.deployment.litellmConfig.models.map(({ value }) => value);
  const missing = offered.filter((model) => !exchange.response?.body.includes(JSON.stringify(model)));
  if (exchange.response?.status !== 200 || missing.length > 0 || offered.length === 0) {
    throw new CheckFailure({
      ...told,
      summary: `${url} does not list the gateway's models`,
      cause:
        exchange.response?.status === 200
          ? `missing: ${missing.join(", ")}`
          : "the path is another one, or the key is not accepted",
    });
  }
  return `${offered.length} models`;
}

async function tools(gateway: GatewayTarget, { url, location }: ClientEndpoint, key: string): Promise<string> {
  const { tool } = databaseTool(gateway);
  const told = { sent: `initialize, tools/list and ${tool} at ${url}`, location };
  try {
    const client = await connectOverHttp(gateway.wire, url, key);
    try {
      const offered = await listTools(client);
      if (offered.length === 0) throw new CheckFailure({ ...told, summary: `${url} offers no tool` });
      const call = { name: tool, arguments: { sql: "SELECT datname FROM pg_database" } };
      const result = JSON.stringify(await client.callTool(call, undefined, { timeout: deadlines.mcpRequest }));
      if (!result.includes(gateway.canaries.database))
        throw new CheckFailure({
          ...told,
          summary: `a call at ${url} does not bring the canary`,
          evidence: { received: result },
        });
      return `${offered.length} tools, and a call with the canary`;
    } finally {
      await client.close();
    }
  } catch (error) {
    if (error instanceof CheckFailure) throw error;
    throw new CheckFailure({
      ...told,
      summary: `${url} does not answer as MCP`,
      evidence: { received: error instanceof Error ? error.message : String(error) },
      cause: "the host, the path or the key in the config; or no router leads there",
    });
  }
}
