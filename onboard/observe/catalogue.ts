import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { isMessage, type Message } from "../../helpers/protocol/json-rpc.ts";
import { answerText, type Channel } from "../protocol/channel.ts";
import { HttpChannel } from "../protocol/http-channel.ts";
import type { Catalogue } from "./observations.ts";

/** The revision that most clients ask for. */
const legacyRevision = "2025-06-18";

/** The parameters of `initialize`, as every client sends them. */
export function initializeParams(protocolVersion = legacyRevision): Message {
  return { protocolVersion, capabilities: {}, clientInfo: { name: "gateway-conformance", version: "1.0.0" } };
}

/** The server did not get as far as a catalogue. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

/** The most pages that a listing may have. */
const mostPages = 100;

/**
 * Shakes hands and lists what the server offers.
 *
 * @throws {HandshakeError} when it does not answer
 */
export async function readCatalogue(channel: Channel, deadline: number): Promise<Catalogue> {
  const hello = await channel.ask("initialize", initializeParams(), deadline);
  if (hello.kind !== "result") throw new HandshakeError(`initialize: ${answerText(hello)}`);
  const { serverInfo, instructions, capabilities } = hello.result;
  const protocolVersion = await acknowledge(channel, hello.result);
  const can = isMessage(capabilities) ? capabilities : {};
  const faults: string[] = [];
  const list = (method: string, key: string): Promise<Message[]> => readPages(channel, method, key, deadline, faults);
  const tools = (await list("tools/list", "tools")).filter(isTool);
  return {
    protocolVersion,
    server: isMessage(serverInfo)
      ? { name: String(serverInfo.name), version: String(serverInfo.version) }
      : { name: "", version: "" },
    instructions: typeof instructions === "string" ? instructions : "",
    tools,
    prompts: can.prompts === undefined ? [] : await list("prompts/list", "prompts"),
    resources: can.resources === undefined ? [] : await list("resources/list", "resources"),
    faults,
  };
}

/** Ends the handshake as a client does. */
async function acknowledge(channel: Channel, { protocolVersion }: Message): Promise<string> {
  const chosen = String(protocolVersion);
  if (channel instanceof HttpChannel) channel.protocolVersion = chosen;
  await channel.notify("notifications/initialized");
  return chosen;
}

/**
 * Shakes hands and asks for nothing else.
 *
 * @throws {HandshakeError} when the server does not answer
 */
export async function shakeHands(channel: Channel, deadline: number): Promise<void> {
  const hello = await channel.ask("initialize", initializeParams(), deadline);
  if (hello.kind !== "result") throw new HandshakeError(`initialize: ${answerText(hello)}`);
  await acknowledge(channel, hello.result);
}

/**
 * Shakes hands and lists the tools, and nothing else: a gateway starts every server for each kind that is listed.
 *
 * @returns also what is wrong with the listing
 * @throws {HandshakeError} when the server does not answer
 */
export async function readTools(
  channel: Channel,
  deadline: number,
): Promise<{ tools: readonly Tool[]; faults: readonly string[] }> {
  await shakeHands(channel, deadline);
  const faults: string[] = [];
  const tools = (await readPages(channel, "tools/list", "tools", deadline, faults)).filter(isTool);
  return { tools, faults };
}

async function readPages(
  channel: Channel,
  method: string,
  key: string,
  deadline: number,
  faults: string[],
): Promise<Message[]> {
  const entries: Message[] = [];
  const seen = new Set<unknown>();
  let cursor: unknown;
  for (let page = 0; page < mostPages; page++) {
    const answer = await channel.ask(method, cursor === undefined ? {} : { cursor }, deadline);
    if (answer.kind !== "result") {
      faults.push(`${method}: ${answerText(answer)}`);
      return entries;
    }
    const listed = answer.result[key];
    if (!Array.isArray(listed)) faults.push(`${method}: the result has no list ${key}`);
    cursor = answer.result.nextCursor;
    if (seen.has(cursor)) {
      // This page was listed before.
      faults.push(`${method}: the cursor ${JSON.stringify(cursor)} was returned twice`);
      return entries;
    }
    if (Array.isArray(listed)) entries.push(...listed.filter(isMessage));
    if (cursor === undefined || cursor === null) return entries;
    seen.add(cursor);
  }
  faults.push(`${method}: more than ${mostPages} pages`);
  return entries;
}

/** A tool as far as the judgement needs one: what else is wrong with it is for the items to say. */
function isTool(entry: Message): entry is Message & Tool {
  if (typeof entry.name !== "string") return false;
  if (!isMessage(entry.inputSchema)) entry.inputSchema = {};
  return true;
}
