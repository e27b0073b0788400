import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { RecordingClient } from "../recording-client.ts";
import { SdkLogin } from "./sdk-login.ts";

/** An MCP server that does not find the first sessions which it has opened. */
async function connect(lost: number): Promise<{ steps: readonly string[]; sessions: number }> {
  let sessions = 0;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (piece) => {
      text += String(piece);
    });
    request.on("end", () => {
      if (request.method !== "POST") return response.writeHead(405).end();
      const { method, id, params } = JSON.parse(text) as {
        method: string;
        id: number;
        params?: { protocolVersion: string };
      };
      if (method !== "initialize") return response.writeHead(sessions <= lost ? 404 : 202).end();
      sessions += 1;
      const result = {
        protocolVersion: params?.protocolVersion,
        capabilities: {},
        serverInfo: { name: "a", version: "1" },
      };
      response.writeHead(200, { "content-type": "application/json", "mcp-session-id": `session-${sessions}` });
      return response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const login = new SdkLogin({
    http: new RecordingClient("test", () => ({ host: "127.0.0.1", port })),
    url: `http://127.0.0.1:${port}/mcp`,
    clientId: "a-client",
    redirect: "http://127.0.0.1:1/callback",
    user: { name: "a", password: "b" },
  });
  login.saveTokens({ access_token: "a-token", token_type: "Bearer" });
  try {
    const client = await login.connect();
    await client.close();
    return { steps: login.steps, sessions };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("a client whose new session is not found starts another one, a few times", async () => {
  const again = "a new session, because the one before was not found";
  expect(await connect(0)).toEqual({ steps: ["token"], sessions: 1 });
  expect(await connect(2)).toEqual({ steps: ["token", again, again], sessions: 3 });
  await expect(connect(5)).rejects.toThrow(/Error POSTing to endpoint/);
});
