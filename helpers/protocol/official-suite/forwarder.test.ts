import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { request } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { McpForwarder } from "./forwarder.ts";

const received: { authorization: string | undefined; body: string }[] = [];
let answer = { type: "application/json", body: "{}" };
const target = createServer(async (incoming, response) => {
  let body = "";
  for await (const piece of incoming) body += String(piece);
  received.push({ authorization: incoming.headers.authorization, body });
  response.writeHead(200, { "content-type": answer.type }).end(answer.body);
});

beforeEach(async () => {
  received.length = 0;
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
});

async function forward(body: object): Promise<string> {
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/mcp/files`;
  await using forwarder = await McpForwarder.start({ target: url, key: "sk-test", prefix: "files-", deadline: 5_000 });
  const response = await request(forwarder.url, { method: "POST", body: JSON.stringify(body) });
  return await response.body.text();
}

test("a call gets the key and the prefix", async () => {
  await forward({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "read", arguments: {} } });
  expect(received).toEqual([{ authorization: "Bearer sk-test", body: expect.stringContaining('"name":"files-read"') }]);
});

test.each(["application/json", "text/event-stream"])(
  "a listing as %s loses the prefix, and nothing else",
  async (type) => {
    const listing = '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"files-read"},{"name":"other"}]}}';
    answer = { type, body: type === "application/json" ? listing : `event: message\ndata: ${listing}\n\n: ping\n\n` };
    const text = await forward({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect(text).toContain('{"tools":[{"name":"read"},{"name":"other"}]}');
    if (type === "text/event-stream") expect(text).toMatch(/^event: message\ndata: .*\n\n: ping\n\n$/);
  },
);
