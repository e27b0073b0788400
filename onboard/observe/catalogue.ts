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
  const { protocolVersion, serverInfo, instructions, capabilities } = hello.result;
  if (channel instanceof HttpChannel) channel.protocolVersion = String(protocolVersion);
  await channel.notify("notifications/initialized");
  const can = isMessage(capabilities) ? capabilities : {};
  const faults: string[] = [];
  const list = (method: string, key: string): Promise<Message[]> => readPages(channel, method, key, deadline, faults);
  const tools = (await list("tools/list", "tools")).filter(isTool);
  return {
    protocolVersion: String(protocolVersion),
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
