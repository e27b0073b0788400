/** The newest revision that both versions of LiteLLM support. */
const protocolVersion = "2025-06-18";

/**
 * The fields of a JSON-RPC response that are read here.
 *
 * @typedef {object} Answer
 * @property {number} [id]
 * @property {{ code: number, message: string }} [error]
 * @property {{ serverInfo?: { name?: string }, protocolVersion?: string, tools?: { name: string }[], nextCursor?: string }} [result]
 */

/**
 * The MCP handshake over streamable HTTP, and the catalogue.
 *
 * @param {string} url
 * @param {string} key
 * @param {number} deadline milliseconds for each request
 * @returns {Promise<{ server: string, version: string, tools: string[] }>}
 * @throws {Error} with the response that was received instead
 */
export async function callTools(url, key, deadline) {
  /** @type {Record<string, string>} */
  const session = {};
  /**
   * @param {string} method
   * @param {object} params
   * @param {number} [id] a notification has none
   * @returns {Promise<NonNullable<Answer["result"]>>} the result; empty for a notification
   */
  const send = async (method, params, id) => {
    const response = await post(
      url,
      key,
      session,
      { jsonrpc: "2.0", ...(id === undefined ? {} : { id }), method, params },
      deadline,
    );
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${method}: status ${response.status}${text === "" ? "" : `: ${text.slice(0, 160).trim()}`}`);
    const given = response.headers.get("mcp-session-id");
    if (given !== null) session["mcp-session-id"] = given;
    if (id === undefined) return {};
    const answer = messages(text, response.headers.get("content-type") ?? "").find((message) => message.id === id);
    if (answer === undefined) throw new Error(`${method}: status ${response.status}, but no MCP message`);
    if (answer.error !== undefined) throw new Error(`${method}: error ${answer.error.code}: ${answer.error.message}`);
    return answer.result ?? {};
  };
  const client = { name: "lan-check", version: "1" };
  const { serverInfo, protocolVersion: version = protocolVersion } = await send(
    "initialize",
    { protocolVersion, capabilities: {}, clientInfo: client },
    1,
  );
  session["mcp-protocol-version"] = version;
  await send("notifications/initialized", {});
  /** @type {string[]} */
  const tools = [];
  /** @type {string | undefined} */
  let cursor;
  // A repeated cursor would never end the loop.
  const seen = new Set();
  for (let id = 2; !seen.has(cursor); id += 1) {
    seen.add(cursor);
    const page = await send("tools/list", cursor === undefined ? {} : { cursor }, id);
    tools.push(...(page.tools ?? []).map(({ name }) => name));
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  return { server: serverInfo?.name ?? "the gateway", version, tools };
}

/**
 * @param {string} url
 * @param {string} key
 * @param {Record<string, string>} session
 * @param {object} message
 * @param {number} deadline
 */
async function post(url, key, session, message, deadline) {
  try {
    return await fetch(url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...session,
      },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(deadline),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`no response: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/**
 * The messages of a body in JSON or in an event stream.
 *
 * @param {string} text
 * @param {string} type
 * @returns {Answer[]}
 */
function messages(text, type) {
  const documents = type.includes("text/event-stream")
    ? text
        .split(/\r?\n\r?\n/)
        .map((event) =>
          event
            .split(/\r?\n/)
            .filter((line) => line.startsWith("data:"))
            .map((line) => line.slice(5).trim())
            .join("\n"),
        )
        .filter((data) => data !== "")
    : [text];
  return documents.flatMap((document) => {
    try {
      return JSON.parse(document);
    } catch {
      return [];
    }
  });
}
