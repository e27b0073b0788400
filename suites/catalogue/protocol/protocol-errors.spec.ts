import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { errorOf, messagesOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { protocolReport } from "../../../helpers/protocol/protocol.ts";
import { check } from "../../runner/check.ts";
import { catalogueName } from "../support/listings.ts";
import { initialize, mcpHeaders, rpc } from "../support/rpc.ts";

/** JSON-RPC 2.0 §5.1. */
const codes = { parse: -32700, request: -32600, method: -32601, params: -32602 } as const;

check({
  id: "CAT-11/valid-session-messages",
  requirements: ["CAT-11"],
  title: "a session's messages are valid against the schema of its revision, in both directions",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const client = await gateway.mcp(gateway.masterKey, cheapPath(gateway));
    try {
      const { tools } = await client.listTools();
      await client.ping();
      const [tool] = tools;
      if (tool === undefined)
        throw new CheckFailure({ summary: "the catalogue is empty: there is no traffic to judge" });
    } finally {
      await client.close();
    }
    // What is invalid fails the check by itself; here it is shown that something was judged.
    const { messages } = protocolReport(gateway.wire.exchanges);
    if (messages < 8) throw new CheckFailure({ summary: `only ${messages} messages were held against a schema` });
    evidence.finding(
      `Every JSON-RPC message of every check, both ways, is held against the MCP schema of its revision; a session of four ` +
        `requests was ${messages} messages and parts.`,
    );
  },
});

check({
  id: "CAT-11/unknown-method",
  requirements: ["CAT-11"],
  title: 'an unknown method is answered with "method not found"',
  needs: ["gateway"],
  async run({ gateway }) {
    const exchange = await ask(gateway, "no/such/method");
    expectCode(exchange, errorOf(exchange, 1), [codes.method]);
  },
});

check({
  id: "CAT-11/unknown-tool",
  requirements: ["CAT-11"],
  title: "a call of an unknown tool is an error, not a success",
  needs: ["gateway"],
  async run({ gateway }) {
    const exchange = await ask(gateway, "tools/call", {
      name: catalogueName(cheapServer(gateway), "no_such_tool"),
      arguments: {},
    });
    expectFailure(exchange, "the call of a tool that no upstream has");
  },
});

check({
  id: "CAT-11/invalid-arguments",
  requirements: ["CAT-11"],
  title: "arguments that violate the tool's schema are an error",
  needs: ["gateway"],
  async run({ gateway }) {
    const { directory, name } = gateway.policy.upstreams.find((one) => one.directory !== undefined) ?? {};
    if (directory === undefined || name === undefined)
      throw new CheckFailure({ summary: "the policy names no upstream with a directory, whose tools have arguments" });
    const call = (path: unknown): Promise<Exchange> =>
      ask(gateway, "tools/call", { name: catalogueName(name, "list_directory"), arguments: { path } });
    const [control, bad] = await Promise.all([call(directory), call({ not: "a path" })]);
    if (resultOf(control, 1) === undefined || resultOf(control, 1)?.isError === true) {
      throw new CheckFailure({
        summary: "the control fails: the same call with a path has no result",
        evidence: exchangeEvidence(control),
      });
    }
    expectFailure(bad, "a call whose argument is an object where a path belongs");
  },
});

check({
  id: "CAT-11/invalid-json",
  requirements: ["CAT-11"],
  title: "a body that is not JSON is a parse error with status 400",
  needs: ["gateway"],
  async run({ gateway }) {
    const exchange = await post(gateway, '{"jsonrpc":"2.0",');
    const [message] = messagesOf(exchange);
    expectStatus(exchange, 400);
    expectCode(exchange, errorOf(exchange, (message?.id as number | string | null | undefined) ?? null), [codes.parse]);
  },
});

check({
  id: "CAT-11/null-id-for-unanswerable-errors",
  requirements: ["CAT-11"],
  title: "an error that answers no request carries the id null",
  needs: ["gateway"],
  async run({ gateway }) {
    const exchange = await post(gateway, '{"jsonrpc":"2.0",');
    const [message] = messagesOf(exchange);
    if (message !== undefined && (message.id === null || message.id === undefined)) return;
    throw new CheckFailure({
      summary: `the error for a body that is no JSON answers the request ${JSON.stringify(message?.id)}, which nobody sent`,
      evidence: exchangeEvidence(exchange),

      cause: "JSON-RPC 2.0, section 5: an id that could not be read is null",
    });
  },
});

check({
  id: "CAT-11/invalid-json-rpc",
  requirements: ["CAT-11"],
  title: "JSON that is not JSON-RPC is an invalid request with status 400",
  needs: ["gateway"],
  async run({ gateway }) {
    const exchange = await post(gateway, '{"hello":"world"}');
    const [message] = messagesOf(exchange);
    expectStatus(exchange, 400);
    expectCode(exchange, errorOf(exchange, (message?.id as number | string | null | undefined) ?? null), [
      codes.request,
      codes.params,
    ]);
  },
});

check({
  id: "CAT-11/unacceptable-accept-header",
  requirements: ["CAT-11"],
  title: "a client that accepts none of MCP's content types is refused with 406",
  needs: ["gateway"],
  async run({ gateway }) {
    const exchange = await gateway.send({
      path: cheapPath(gateway),
      method: "POST",
      headers: [
        ["Content-Type", "application/json"],
        ["Accept", "text/html"],
      ],
      bearer: gateway.masterKey,
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
      deadline: deadlines.mcpRequest,
    });
    expectStatus(exchange, 406);
  },
});

check({
  id: "CAT-11/notification",
  requirements: ["CAT-11"],
  title: "a notification is accepted with 202 and no body",
  needs: ["gateway"],
  async run({ gateway }) {
    const begun = await rpc(gateway, {
      path: cheapPath(gateway),
      method: "initialize",
      params: initialize("2025-06-18"),
      bearer: gateway.masterKey,
    });
    const session = begun.response?.headers.filter(([name]) => name.toLowerCase() === "mcp-session-id") ?? [];
    const exchange = await rpc(gateway, {
      path: cheapPath(gateway),
      method: "notifications/initialized",
      id: null,
      headers: [["MCP-Protocol-Version", "2025-06-18"], ...session],
      bearer: gateway.masterKey,
    });
    expectStatus(exchange, 202);
    if (exchange.response?.body !== "")
      throw new CheckFailure({
        summary: "a notification has an answer",
        evidence: { received: receivedText(exchange) },
      });
  },
});

/** The server whose tools cost least to list; every path under the endpoint is the same MCP server of LiteLLM's. */
function cheapServer(gateway: GatewayTarget): string {
  const { upstreams } = gateway.policy;
  return (upstreams.find(({ database }) => database === undefined) ?? upstreams[0])?.name ?? "";
}

function cheapPath(gateway: GatewayTarget): string {
  return `${gateway.policy.mcp.endpoint}${cheapServer(gateway)}`;
}

function ask(gateway: GatewayTarget, method: string, params?: Record<string, unknown>): Promise<Exchange> {
  return rpc(gateway, {
    path: cheapPath(gateway),
    method,
    ...(params === undefined ? {} : { params }),
    bearer: gateway.masterKey,
    invalidOnPurpose: true,
  });
}

function post(gateway: GatewayTarget, body: string): Promise<Exchange> {
  return gateway.send({
    path: cheapPath(gateway),
    method: "POST",
    headers: mcpHeaders,
    bearer: gateway.masterKey,
    body,
    deadline: deadlines.mcpRequest,
    invalidOnPurpose: true,
  });
}

function expectStatus(exchange: Exchange, status: number): void {
  if (exchange.response?.status === status) return;
  throw new CheckFailure({
    summary: `the status is ${exchange.response?.status ?? "none"}, not ${status}`,
    evidence: exchangeEvidence(exchange),
  });
}

function expectCode(exchange: Exchange, error: { code: unknown } | undefined, allowed: readonly number[]): void {
  if (error !== undefined && allowed.some((code) => code === error.code)) return;
  throw new CheckFailure({
    summary: `the error is ${error === undefined ? "missing" : String(error.code)}, not ${allowed.join(" or ")}`,
    evidence: exchangeEvidence(exchange),

    cause: "LiteLLM gives every request that it can't read one code (JSON-RPC 2.0, section 5.1)",
  });
}

/** A JSON-RPC error, or a result that is marked as one (MCP tools, error handling). */
function expectFailure(exchange: Exchange, what: string): void {
  if (errorOf(exchange, 1) !== undefined || resultOf(exchange, 1)?.isError === true) return;
  throw new CheckFailure({
    summary: `${what} looks like a success`,
    evidence: exchangeEvidence(exchange),

    cause: "LiteLLM puts the error into the text and marks the result as none",
  });
}
