import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { serverPath } from "../../../helpers/deployment/policy/mcp-paths.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { errorOf, messagesOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { protocolReport } from "../../../helpers/protocol/protocol.ts";
import { check } from "../../runner/check.ts";
import { expectAnyServer } from "../../support/any-server.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { expectErrorAnswer, expectStatus, statusText } from "../support/error-answers.ts";
import { whyNotCalled } from "../support/listings.ts";
import { catalogueName, resultFrom, withClient } from "../support/mcp-client.ts";
import { initializeParams, mcpHeaders, rpc } from "../support/rpc.ts";

/** JSON-RPC 2.0 §5.1. */
const codes = { parse: -32700, request: -32600, method: -32601, params: -32602 } as const;

/** JSON that ends in the middle. */
const brokenJson = '{"jsonrpc":"2.0",';

/** A session of four requests has at least this many messages. */
const fewestMessages = 8;

check({
  id: "CAT-11/valid-session-messages",
  requirements: ["CAT-11"],
  title: "a session's messages are valid against the schema of its revision, in both directions",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    expectAnyServer(gateway);
    const path = cheapPath(gateway);
    const { tools } = await withClient(path, gateway.mcp(gateway.masterKey, path), async (client) => {
      const listed = await resultFrom(`tools/list at ${path}`, client.listTools());
      await resultFrom(`ping at ${path}`, client.ping());
      return listed;
    });
    // The runner fails every check that carried an invalid message; this check shows that messages were judged.
    const { messages } = protocolReport(gateway.http.exchanges);
    if (tools.length === 0 || messages < fewestMessages) {
      throw new CheckFailure({
        summary: "there is too little traffic to judge",
        code: "nothing-to-judge",
        expected: `at least one tool and ${fewestMessages} validated messages`,
        actual: `${tools.length} tools and ${messages} messages`,
        cause: "the catalogue is empty, or the suite does not recognise the messages",
        ...(tools.length === 0 ? followsCatalogue : {}),
      });
    }
    evidence.finding(
      `Every JSON-RPC message of every check, in both directions, is validated against the MCP schema of its revision; ` +
        `a session of four requests has ${messages} messages and parts.`,
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
    expectErrorCode(exchange, errorOf(exchange, 1), [codes.method]);
  },
});

check({
  id: "CAT-11/unknown-tool",
  requirements: ["CAT-11"],
  title: "a call of an unknown tool is an error, not a success",
  needs: ["gateway"],
  async run({ gateway }) {
    const name = catalogueName(gateway, cheapServer(gateway), "no_such_tool");
    expectErrorAnswer(await ask(gateway, "tools/call", { name, arguments: {} }), 1, {
      summary: "the call of a tool that no upstream has is not answered with an error",
      cause: "LiteLLM puts the error into the text and does not mark the result as an error",
    });
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
      throw new NotSupported("the policy names no upstream with a directory, so no tool has known arguments");
    const call = (path: unknown): Promise<Exchange> =>
      ask(
        gateway,
        "tools/call",
        { name: catalogueName(gateway, name, "list_directory"), arguments: { path } },
        // On another server's path 1.106.2 refuses the call.
        serverPath(gateway.policy, name),
      );
    const [control, invalid] = await Promise.all([call(directory), call({ not: "a path" })]);
    const result = resultOf(control, 1);
    if (result === undefined || result.isError === true) {
      throw new CheckFailure({
        summary: "the control fails: the same call with a path has no result",
        code: "control-failed",
        expected: "a result",
        actual: result === undefined ? statusText(control) : "a result that is marked as an error",
        evidence: exchangeEvidence(control),
        ...(await whyNotCalled(gateway, catalogueName(gateway, name, "list_directory"))),
      });
    }
    expectErrorAnswer(invalid, 1, {
      summary: "a call whose argument is an object in place of a path is not answered with an error",
      cause: "LiteLLM puts the error into the text and does not mark the result as an error",
    });
  },
});

check({
  id: "CAT-11/invalid-json",
  requirements: ["CAT-11"],
  title: "a body that is not JSON is a parse error with status 400",
  needs: ["gateway"],
  async run({ gateway }) {
    const exchange = await post(gateway, brokenJson);
    expectStatus(exchange, 400, "a body that is not JSON has the wrong status");
    expectErrorCode(exchange, anyErrorOf(exchange), [codes.parse]);
  },
});

check({
  id: "CAT-11/null-id-for-unanswerable-errors",
  requirements: ["CAT-11"],
  title: "an error that answers no request carries the id null",
  needs: ["gateway"],
  async run({ gateway }) {
    const exchange = await post(gateway, brokenJson);
    const [message] = messagesOf(exchange);
    if (message !== undefined && (message.id === null || message.id === undefined)) return;
    throw new CheckFailure({
      summary: "the error for a body that is not JSON answers a request that was never sent",
      code: message === undefined ? "no-answer" : "other-id",
      expected: "the id null",
      actual: message === undefined ? statusText(exchange) : `the id ${JSON.stringify(message.id)}`,
      cause: "LiteLLM writes an id of its own; an id that cannot be read is null (JSON-RPC 2.0, section 5)",
      evidence: exchangeEvidence(exchange),
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
    expectStatus(exchange, 400, "JSON that is not JSON-RPC has the wrong status");
    expectErrorCode(exchange, anyErrorOf(exchange), [codes.request, codes.params]);
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
    expectStatus(exchange, 406, "a client that accepts only text/html is not refused with 406");
  },
});

check({
  id: "CAT-11/notification",
  requirements: ["CAT-11"],
  title: "a notification is accepted with 202 and no body",
  needs: ["gateway"],
  async run({ gateway }) {
    const path = cheapPath(gateway);
    const bearer = gateway.masterKey;
    const begun = await rpc(gateway, { path, method: "initialize", params: initializeParams("2025-06-18"), bearer });
    const session = begun.response?.headers.filter(([name]) => name.toLowerCase() === "mcp-session-id") ?? [];
    const exchange = await rpc(gateway, {
      path,
      method: "notifications/initialized",
      id: null,
      headers: [["MCP-Protocol-Version", "2025-06-18"], ...session],
      bearer,
    });
    expectStatus(exchange, 202, "a notification has the wrong status");
    if (exchange.response?.body === "") return;
    throw new CheckFailure({
      summary: "a notification is answered",
      code: "answered-notification",
      expected: "no body",
      actual: `a body of ${exchange.response?.body.length} characters`,
      evidence: exchangeEvidence(exchange),
    });
  },
});

/** The server whose tools are the cheapest to list; every path under the endpoint is the same MCP server of LiteLLM. */
function cheapServer(gateway: GatewayTarget): string {
  const { upstreams } = gateway.policy;
  return (upstreams.find(({ database }) => database === undefined) ?? upstreams[0])?.name ?? "";
}

function cheapPath(gateway: GatewayTarget): string {
  return serverPath(gateway.policy, cheapServer(gateway));
}

function ask(
  gateway: GatewayTarget,
  method: string,
  params?: Record<string, unknown>,
  path: string = cheapPath(gateway),
): Promise<Exchange> {
  return rpc(gateway, {
    path,
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

/** The error of the response, whichever id it has. */
function anyErrorOf(exchange: Exchange): { code: unknown } | undefined {
  const id = messagesOf(exchange)[0]?.id;
  return errorOf(exchange, typeof id === "number" || typeof id === "string" ? id : null);
}

function expectErrorCode(exchange: Exchange, error: { code: unknown } | undefined, allowed: readonly number[]): void {
  if (error !== undefined && allowed.some((code) => code === error.code)) return;
  throw new CheckFailure({
    summary: "the request is not answered with the error that JSON-RPC defines for it",
    code: error === undefined ? "no-error" : "wrong-error-code",
    expected: `the error ${allowed.join(" or ")}`,
    actual: error === undefined ? `no error, ${statusText(exchange)}` : `the error ${String(error.code)}`,
    cause: "LiteLLM answers every request that it cannot parse with one code (JSON-RPC 2.0, section 5.1)",
    evidence: exchangeEvidence(exchange),
  });
}
