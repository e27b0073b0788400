import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type HostPlace, placeAtHost } from "../../../helpers/deployment/clients/host-place.ts";
import { machineOfAddress } from "../../../helpers/deployment/clients/service-place.ts";
import { hasConfig, hasSettings, isInService } from "../../../helpers/deployment/policy/configured-client.ts";
import { serversInPath } from "../../../helpers/deployment/policy/mcp-paths.ts";
import type { PolicyClient } from "../../../helpers/deployment/types.ts";
import { connectToServer, listTools } from "../../../helpers/protocol/mcp.ts";
import { losesItsSession } from "../../../helpers/protocol/mcp-session.ts";
import { check } from "../../runner/check.ts";
import { followsCatalogue, followsClientConfig, followsContent } from "../../support/needed-checks.ts";
import type { ClientEndpoint } from "../support/client-settings/client-endpoint.ts";
import { type ClientSettings, settingsOf, settingsOfClients } from "../support/client-settings/client-settings.ts";
import { endpointFaults } from "../support/client-settings/endpoint-faults.ts";
import { askFrom, initializeMessage, isSuccess, type MachineAnswer } from "../support/gateway-answers.ts";
import { mcpEvidence } from "../support/mcp-evidence.ts";
import { canaryCall, exampleCause, secretValue } from "../support/policy-lookup.ts";

const noClients = "the policy names no client's config or service (clients)";

check({
  id: "PROMPT-09/client-config-values",
  requirements: ["PROMPT-09"],
  title:
    "each client's config names the gateway as the policy has it, takes its key from the environment, and waits long enough",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const clients = gateway.policy.clients.filter(hasSettings);
    if (clients.length === 0) evidence.notSupported(noClients);
    const redirects = await redirectsWithoutSlash(gateway);
    await forEachCase(
      "a client's config has no fault",
      clients,
      ({ name, kind }) => `${name} (${kind})`,
      async (client) => expectNoFault(gateway, settingsOf(gateway.deployment, client), redirects),
    );
    const urls = allEndpoints(gateway).map(({ endpoint }) => endpoint.url);
    expectFallback(gateway, urls);
    evidence.finding(
      `${clients.length} client configs with ${urls.length} addresses of the gateway: ${urls.join(", ")}.`,
    );
  },
});

check({
  id: "PROMPT-09/client-config-endpoints",
  requirements: ["PROMPT-09"],
  title: "each gateway address in a client's config answers as that client needs, with the key that the config names",
  needs: ["gateway", "canaries", "commands"],
  async run({ gateway, evidence }) {
    if (!gateway.policy.clients.some(hasSettings)) evidence.notSupported(noClients);
    const all = allEndpoints(gateway);
    const unasked = all.flatMap((one) => {
      const why = whyNotAsked(one);
      return why === undefined ? [] : [{ ...one, why: `${one.endpoint.url} is not asked: ${why}` }];
    });
    const asked = all.filter((one) => whyNotAsked(one) === undefined);
    for (const { client, why } of unasked) evidence.finding(`${client.name}: ${why}.`);
    if (asked.length === 0 && unasked.length > 0)
      evidence.notSupported([...new Set(unasked.map(({ why }) => why))].join("; "));
    await forEachCase(
      "an address in a client's config answers",
      distinct(asked),
      ({ clients, endpoint }) => `${clients}, ${endpoint.url}`,
      async ({ clients, endpoint: written, machine, place }) => {
        if (place?.leadsTo === "elsewhere")
          throw new CheckFailure({
            summary: `${written.url} does not lead to the gateway`,
            code: "no-response",
            expected: "a port of the gateway on the host",
            actual: place.fault,
            location: written.location,
            fix: place.fix,
            ...followsClientConfig,
          });
        const endpoint = place?.leadsTo === "gateway" ? { ...written, url: place.url } : written;
        // A key that its user types is in no file.
        const key =
          endpoint.isKeyTyped === true
            ? gateway.masterKey
            : (secretValue(gateway, endpoint.keyVariable) ?? endpoint.keyText ?? "");
        if (machine !== undefined) await expectAnswerFrom(gateway, machine, endpoint, key);
        const answer =
          endpoint.for === "model"
            ? await expectModels(gateway, endpoint, key)
            : await expectTools(gateway, endpoint, key);
        const alsoFrom = machine === undefined ? "" : ", also on the networks of its service";
        const asked = endpoint === written ? "" : `, which a run calls ${endpoint.url},`;
        const typed = endpoint.isKeyTyped === true ? " to the master key (its own is typed by its user)" : "";
        evidence.finding(`${clients}: ${written.url}${asked} answers${typed} with ${answer}${alsoFrom}.`);
        if (losesItsSession(gateway.http.exchanges, endpoint.url))
          evidence.finding(
            `${endpoint.url} ends a session after initialize: its later answers name none, so that notifications of a server reach no client. LiteLLM 1.106.2 does this at a path without a slash at its end, and keeps the session at a path with one.`,
          );
      },
    );
  },
});

/** Whether LiteLLM redirects from MCP's endpoint without its slash. It is asked only where a client's config has that address. */
async function redirectsWithoutSlash(gateway: GatewayTarget): Promise<boolean> {
  const { endpoint } = gateway.policy.mcp;
  const urls = allEndpoints(gateway).map(({ client, endpoint }) => gateway.asCalled(client, endpoint.url));
  const url = urls.find((one) => URL.canParse(one) && `${new URL(one).pathname}/` === endpoint);
  if (url === undefined) return false;
  const { response } = await gateway.http.send({
    url,
    method: "POST",
    headers: [
      ["Content-Type", "application/json"],
      ["Accept", "application/json, text/event-stream"],
      ["Authorization", `Bearer ${gateway.masterKey}`],
    ],
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    deadline: deadlines.mcpRequest,
  });
  return response !== undefined && response.status >= 300 && response.status < 400;
}

function expectNoFault({ deployment }: GatewayTarget, settings: ClientSettings, redirects: boolean): void {
  const faults = [...settings.faults, ...endpointFaults(settings, deployment, { redirectsWithoutSlash: redirects })];
  const [first] = faults;
  if (first === undefined) return;
  throw new CheckFailure({
    summary: faults.map(({ what }) => what).join("\n"),
    code: "config-fault",
    expected: "a config without faults",
    actual: faults.length === 1 ? "1 fault" : `${faults.length} faults`,
    location: first.location,
    ...(first.fix === undefined ? {} : { fix: first.fix }),
  });
}

/** Claude and VS Code are used outside of the LAN too: their settings need a second server, at the external host. */
function expectFallback({ policy }: GatewayTarget, urls: readonly string[]): void {
  const claude = policy.clients.filter(hasConfig).find(({ kind }) => kind === "claude");
  if (claude === undefined) return;
  const unused = policy.hosts
    .filter(({ zone }) => zone === "external")
    .filter(({ name }) => !urls.some((url) => URL.canParse(url) && new URL(url).hostname === name));
  if (unused.length === 0) return;
  throw new CheckFailure({
    summary: "no client has an external host as a fallback",
    code: "no-fallback",
    expected: unused.map(({ name }) => name).join(", "),
    actual: urls.join(", ") || "no address of the gateway",
    cause: "Claude and VS Code are used outside of the LAN too",
    location: { file: claude.config, line: 1 },
    fix: "add a second server at the external host to their settings",
  });
}

interface OfClient {
  client: PolicyClient;
  endpoint: ClientEndpoint;
  /** Where a client in a service asks from; see `machineOfAddress`. */
  machine: string | undefined;
  place: HostPlace | undefined;
}

function allEndpoints({ deployment }: GatewayTarget): OfClient[] {
  return settingsOfClients(deployment).flatMap(({ client, endpoints }) =>
    endpoints.map((endpoint) => {
      const place = placeAtHost(deployment, client, endpoint.url);
      const machine = place === undefined ? machineOfAddress(deployment, client, endpoint.url) : undefined;
      return { client, endpoint, machine, place };
    }),
  );
}

/** Why nothing is asked at an address of the gateway's host; undefined for an address that is asked. */
function whyNotAsked({ client, place }: OfClient): string | undefined {
  if (place?.leadsTo === "unknown") return place.why;
  // What else runs on the host is in no file: a service may call it.
  return place?.leadsTo === "elsewhere" && isInService(client) ? place.fault : undefined;
}

/** An endpoint that several clients use with the same key is tried once. */
function distinct(all: readonly OfClient[]): (Omit<OfClient, "client"> & { clients: string })[] {
  const groups = Map.groupBy(all, ({ endpoint, machine }) =>
    [endpoint.for, endpoint.url, endpoint.keyVariable, endpoint.keyText, endpoint.keyHeader, machine].join(" "),
  );
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    const clients = same.map(({ client }) => client.name).join(", ");
    return first === undefined ? [] : [{ ...first, clients }];
  });
}

/** An answer at the place of a client in a service: its networks decide which names and ports lead to the gateway. */
async function expectAnswerFrom(
  gateway: GatewayWith<"commands">,
  machine: string,
  { for: purpose, url, location }: ClientEndpoint,
  key: string,
): Promise<void> {
  const request =
    purpose === "model" ? { url: `${url.replace(/\/$/, "")}/models`, key } : { url, key, body: initializeMessage };
  const answer = await askFrom(gateway, machine, request);
  if (isSuccess(answer)) return;
  const cause = causeOfAnswer(answer);
  throw new CheckFailure({
    summary: `${request.url} does not answer on the networks of the client's service`,
    code: answer.status === 0 ? "no-response" : "wrong-status",
    expected: "a status of success",
    actual: answer.text,
    evidence: answer.evidence,
    ...(cause === undefined ? {} : { cause }),
    location,
  });
}

function causeOfAnswer({ status }: MachineAnswer): string | undefined {
  if (status === 0) return "the name or the port leads nowhere on these networks";
  if (status === 401 || status === 403) return "the gateway does not accept the key";
  return status === 404 || status === 405 ? "the path in the service's environment is wrong" : undefined;
}

async function expectModels(gateway: GatewayTarget, { url, location }: ClientEndpoint, key: string): Promise<string> {
  const exchange = await gateway.http.send({
    url: `${url.replace(/\/$/, "")}/models`,
    headers: [["Authorization", `Bearer ${key}`]],
  });
  const configured = gateway.deployment.litellmConfig.models.map(({ value }) => value);
  const missing = configured.filter((model) => !exchange.response?.body.includes(JSON.stringify(model)));
  const status = exchange.response?.status;
  if (status === 200 && missing.length === 0 && configured.length > 0) return `${configured.length} models`;
  throw new CheckFailure({
    summary: `${url} does not list the gateway's models`,
    code: status === 200 ? "missing-models" : "wrong-status",
    expected: `200 with ${configured.join(", ") || "at least one model (LiteLLM's config names none)"}`,
    actual:
      status === 200 ? `200 without ${missing.join(", ") || "any model"}` : (exchange.error ?? `status ${status}`),
    evidence: exchangeEvidence(exchange),
    ...(status === 200 ? {} : { cause: "the path in the config is wrong, or the gateway does not accept the key" }),
    location,
  });
}

async function expectTools(
  gateway: GatewayWith<"canaries">,
  { url, keyHeader = "Authorization", location }: ClientEndpoint,
  key: string,
): Promise<string> {
  const known = canaryCall(gateway);
  const { upstream, call: planned, canary } = known;
  const { tool } = planned;
  const servers = serversInPath(gateway.policy, new URL(url).pathname) ?? [];
  const evidence = (received: string) =>
    mcpEvidence(gateway, { url, key, sent: `initialize, tools/list and a call of ${tool}`, received });
  try {
    const headers = new Map([[keyHeader, `Bearer ${key}`]]);
    const client = await connectToServer(gateway.http, { url, headers });
    try {
      const offered = await listTools(client);
      if (offered.length === 0)
        throw new CheckFailure({
          summary: `${url} offers no tool`,
          code: "no-tools",
          expected: "at least one tool",
          actual: "0 tools",
          evidence: evidence("an empty list"),
          location,
          ...followsCatalogue,
        });
      // Some versions list a server's tools without its prefix at its own path.
      const shown = offered.find(({ name }) => name === tool || (servers.length === 1 && tool.endsWith(name)));
      const isOthers = servers.length > 0 && !servers.includes(upstream.name);
      // At the path of other servers the tool is missing on purpose.
      if (isOthers && shown === undefined) return `${offered.length} tools`;
      const call = { name: shown?.name ?? tool, arguments: planned.arguments };
      const result = JSON.stringify(await client.callTool(call, undefined, { timeout: deadlines.mcpRequest }));
      if (!result.includes(canary))
        throw new CheckFailure({
          summary: `a call at ${url} does not return the canary`,
          code: "no-canary",
          expected: `a result with ${canary}`,
          actual: shown === undefined ? `${tool} is not listed` : "a result without it",
          evidence: evidence(result),
          ...exampleCause(known),
          location,
          // Where the server itself has lost the tool or its content, the client's file is right.
          ...(shown === undefined ? followsCatalogue : followsContent),
        });
      return `${offered.length} tools, and a call with the canary`;
    } finally {
      await client.close();
    }
  } catch (error) {
    if (error instanceof CheckFailure) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new CheckFailure({
      summary: `${url} does not answer as MCP`,
      code: "no-mcp",
      expected: "a session, a list of tools and a call's result",
      actual: message,
      evidence: evidence(message),
      cause: "the host, the path or the key in the config is wrong, or no router leads to MCP",
      location,
    });
  }
}
