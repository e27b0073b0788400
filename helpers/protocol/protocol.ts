import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { type Exchange, header } from "./exchange.ts";
import { isMessage, type Message, messagesIn, messagesOf } from "./json-rpc.ts";

/** The MCP revisions whose JSON schema is in `schemas/`, oldest first; see the README there. */
export const revisions = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] as const;

/** A revision of MCP, named by its date. */
export type Revision = (typeof revisions)[number];

/** The last revision with a handshake. Later revisions have `server/discover` and `_meta` in each request instead. */
export const lastWithHandshake: Revision = "2025-11-25";

/** A message that the schema of its revision does not allow. */
export interface ProtocolFault {
  /** Id of the exchange with the message. */
  exchange: string;
  direction: "request" | "response";
  revision: Revision;
  /** The schema definition that was violated, e.g. `ListToolsResult`. */
  definition: string;
  /** The first violations, e.g. `/result/tools/0 must have required property 'inputSchema'`. */
  faults: readonly string[];
}

/** The result of validating the messages of several exchanges. */
export interface ProtocolReport {
  /** How many validations were made: a response with a result counts twice, as a message and as a result. */
  messages: number;
  faults: readonly ProtocolFault[];
}

/** The schema definition of each method's result; not every revision defines all of them. */
const results: Readonly<Record<string, string>> = {
  initialize: "InitializeResult",
  "server/discover": "DiscoverResult",
  ping: "EmptyResult",
  "tools/list": "ListToolsResult",
  "tools/call": "CallToolResult",
  "resources/list": "ListResourcesResult",
  "resources/templates/list": "ListResourceTemplatesResult",
  "resources/read": "ReadResourceResult",
  "prompts/list": "ListPromptsResult",
  "prompts/get": "GetPromptResult",
  "completion/complete": "CompleteResult",
};

/**
 * Validates every JSON-RPC request and response of the exchanges against the MCP schema of its revision. Requests that
 * are invalid on purpose are not validated; their responses are.
 */
export function protocolReport(exchanges: readonly Exchange[]): ProtocolReport {
  let messages = 0;
  const faults: ProtocolFault[] = [];
  for (const exchange of exchanges) {
    const requests = messagesIn(exchange.request.body ?? "").filter(isJsonRpc);
    // A body that is not JSON-RPC may be LiteLLM's own response, to a request that did not reach its MCP server.
    const answers = messagesOf(exchange).filter(isJsonRpc);
    const revision = revisionOf(exchange, requests, answers);
    const validate = (direction: ProtocolFault["direction"], message: Message, definition: string): void => {
      messages++;
      const found = schemaFaults(revision, definition, message);
      if (found.length > 0) faults.push({ exchange: exchange.id, direction, revision, definition, faults: found });
    };
    if (!exchange.invalidOnPurpose) for (const request of requests) validate("request", request, requestKind(request));
    for (const answer of answers) {
      validate("response", answer, answerKind(answer, revision));
      const method = requests.find(({ id }) => id !== undefined && id === answer.id)?.method;
      const definition = results[String(method)];
      if (definition === undefined || answer.result === undefined || !defines(revision, definition)) continue;
      validate("response", isMessage(answer.result) ? answer.result : {}, definition);
    }
  }
  return { messages, faults };
}

/** The fault as one line, e.g. `2025-06-18 ListToolsResult: /tools/0 must have required property 'inputSchema'`. */
export function faultText({ revision, direction, definition, faults }: ProtocolFault): string {
  return `${revision} ${direction} ${definition}: ${faults.join("; ")}`;
}

/**
 * The revision of an exchange: the one that a handshake agreed on, or the one in the header or in the request's
 * `_meta`. Without any of them it is 2025-03-26, as MCP assumes (2025-06-18, basic/transports, "Protocol Version
 * Header").
 */
function revisionOf(exchange: Exchange, requests: readonly Message[], answers: readonly Message[]): Revision {
  const agreed = answers.map(({ result }) => (isMessage(result) ? result.protocolVersion : undefined));
  const meta = requests.map(({ params }) => {
    const own = isMessage(params) ? params._meta : undefined;
    return isMessage(own) ? own["io.modelcontextprotocol/protocolVersion"] : undefined;
  });
  const named = [...agreed, ...meta, header(exchange.request.headers, "mcp-protocol-version")];
  return revisions.find((revision) => named.includes(revision)) ?? "2025-03-26";
}

function isJsonRpc(message: Message): boolean {
  return message.jsonrpc === "2.0";
}

function requestKind({ method, id }: Message): string {
  if (method === undefined) return "JSONRPCMessage";
  return id === undefined ? "ClientNotification" : "ClientRequest";
}

function answerKind(message: Message, revision: Revision): string {
  if (message.method !== undefined) return message.id === undefined ? "ServerNotification" : "ServerRequest";
  if (message.error === undefined)
    return defines(revision, "JSONRPCResultResponse") ? "JSONRPCResultResponse" : "JSONRPCResponse";
  return defines(revision, "JSONRPCErrorResponse") ? "JSONRPCErrorResponse" : "JSONRPCError";
}

/** How many violations of one message are reported. */
const maxReportedFaults = 3;

function schemaFaults(revision: Revision, definition: string, message: Message): string[] {
  const validate = validator(revision, definition);
  // JSON-RPC 2.0 §5 requires a null id when the id of the request could not be read; MCP's schema does not allow null.
  const { id, ...rest } = message;
  if (validate(id === null && message.error !== undefined ? { ...rest, id: 0 } : message)) return [];
  return (validate.errors ?? [])
    .filter(({ keyword }) => keyword !== "anyOf")
    .slice(0, maxReportedFaults)
    .map(({ instancePath, message: text }) => `${instancePath || "/"} ${text}`);
}

const schemas = new Map<Revision, { ajv: Ajv; definitions: ReadonlySet<string>; pointer: string }>();

function schemaOf(revision: Revision): { ajv: Ajv; definitions: ReadonlySet<string>; pointer: string } {
  const known = schemas.get(revision);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`schemas/${revision}.json`, import.meta.url), "utf8");
  const schema = JSON.parse(text) as { $schema: string; definitions?: object; $defs?: object };
  const draft2020 = schema.$schema.includes("2020-12");
  // Each worker compiles them, which takes half of the time without the checks of the schema (a unit test makes them) and
  // without the shorter code, which validates too few messages to pay for itself.
  const options = { strict: false, allErrors: false, validateSchema: false, code: { optimize: false } };
  const ajv = draft2020 ? new Ajv2020(options) : new Ajv(options);
  addFormats.default(ajv);
  ajv.addSchema(schema, revision);
  const compiled = {
    ajv,
    definitions: new Set(Object.keys(schema.definitions ?? schema.$defs ?? {})),
    pointer: draft2020 ? "$defs" : "definitions",
  };
  schemas.set(revision, compiled);
  return compiled;
}

function defines(revision: Revision, definition: string): boolean {
  return schemaOf(revision).definitions.has(definition);
}

function validator(revision: Revision, definition: string): ValidateFunction {
  const { ajv, pointer } = schemaOf(revision);
  const validate = ajv.getSchema(`${revision}#/${pointer}/${definition}`);
  if (validate === undefined) throw new Error(`MCP ${revision} does not define ${definition}`);
  return validate;
}
