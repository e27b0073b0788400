import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { header } from "./exchange.ts";
import { messagesOf, resultOf } from "./json-rpc.ts";
import { RecordingClient } from "./recording-client.ts";
import { readEventStream } from "./sse.ts";
import { receivedBy } from "./whoami.ts";

/** How many more requests a rate limit refuses. */
let refusals = 0;
const server = createServer((request, response) => {
  if (request.url === "/stream") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": ping - now\n\nevent: message\ndata: {}\n\nnonsense\n\n");
    return;
  }
  if (request.url === "/pings") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": ping - now\n\n");
    return;
  }
  if (request.url === "/silent") return;
  if (request.url === "/limited" && refusals > 0) {
    refusals -= 1;
    response.writeHead(429, { "X-Retry-In": "1.5ms" });
    response.end("Too Many Requests");
    return;
  }
  if (request.url === "/refused" || request.url === "/for-hours") {
    response.writeHead(429, request.url === "/refused" ? { "Retry-After": "1" } : { "X-Retry-In": "1h2m" });
    response.end("Too Many Requests");
    return;
  }
  response.setHeader("set-cookie", ["a=1", "b=2"]);
  response.end(
    `Name: target\nHostname: x\nRemoteAddr: 1\n${request.method} ${request.url} HTTP/1.1\r\nHost: ${request.headers.host}\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n`,
  );
});
const client = new RecordingClient("TEST-01", () => ({
  host: "127.0.0.1",
  port: (server.address() as AddressInfo).port,
}));
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

test("the request goes to the resolved address, with the URL's own host and path as written", async () => {
  const exchange = await client.send({ url: "http://gateway.lan/a/../b%2e?q#no" });
  const received = receivedBy("target", exchange);
  expect(received).toMatchObject({ method: "GET", target: "/a/../b%2e?q" });
  expect(header(received?.headers, "host")).toBe("gateway.lan");
  expect(received?.headers.filter(([name]) => name === "X-Twice")).toHaveLength(2);
  expect(header(exchange.response?.headers, "set-cookie")).toBe("a=1, b=2");
});

test("fetch sends the Host that it is given, and else that of the URL", async () => {
  const hostOf = async (headers: Record<string, string>): Promise<string | undefined> =>
    /^Host: (.*)$/m.exec(await (await client.fetch("http://gateway.lan/", { headers })).text())?.[1]?.trim();
  expect(await hostOf({ Host: "localhost:8080", "x-other": "1" })).toBe("localhost:8080");
  expect(await hostOf({ "x-other": "1" })).toBe("gateway.lan");
});

test("a response from another server is not treated as the target's", async () => {
  expect(receivedBy("other", await client.send({ url: "http://gateway.lan/" }))).toBeUndefined();
});

test("a missing response is an error in the exchange, not an exception", async () => {
  const exchange = await client.send({ url: "http://gateway.lan/silent", deadline: 50 });
  expect(exchange.response).toBeUndefined();
  expect(exchange.error).toMatch(/abort|timeout/i);
});

test.for([
  ["/stream", "with 49 characters"],
  ["/pings", "with 14 characters, comments of an event stream only"],
])("a response of %s that does not end is none, and the error shows that it had begun", async ([path, what]) => {
  const exchange = await client.send({ url: `http://gateway.lan${path}`, deadline: 1_000 });
  expect(exchange.response).toBeUndefined();
  expect(exchange.error).toMatch(new RegExp(`timeout; a response with status 200 had begun, ${what}$`));
});

test("a stream's comments, events and invalid lines are read in order", async () => {
  const stream = await client.open({ url: "http://gateway.lan/stream" });
  const items = await readEventStream(stream, 2_000, (seen) => seen.length === 3);
  expect(items.map(({ kind }) => kind)).toEqual(["comment", "event", "invalid"]);
});

test("a stream without a response is an error in the exchange too, and has no bytes", async () => {
  const { exchange, body } = await client.open({ url: "http://gateway.lan/silent", deadline: 50 });
  expect(exchange.response).toBeUndefined();
  expect(exchange.error).toMatch(/is answered: not within 0.05 s/);
  for await (const bytes of body) expect.unreachable(String(bytes));
});

test("every request is recorded, and User-Agent contains its id and the check's name", async () => {
  const exchange = await client.send({ url: "http://gateway.lan/" });
  expect(client.exchanges).toContain(exchange);
  expect(header(exchange.request.headers, "user-agent")).toBe(`gateway-conformance/TEST-01 (${exchange.id})`);
});

test.each([
  ["application/json", '{"jsonrpc":"2.0","id":1,"result":{"a":1}}'],
  ["text/event-stream", 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{"a":1}}\n\n'],
])("a JSON-RPC result is found in %s", (type, body) => {
  const exchange = {
    id: "x",
    at: "",
    request: { method: "POST", url: "", headers: [], body: undefined },
    response: { status: 200, headers: [["content-type", type] as const], body, headAfter: 0, endAfter: 0 },
    error: undefined,
  };
  expect(resultOf(exchange, 1)).toEqual({ a: 1 });
  expect(resultOf(exchange, 2)).toBeUndefined();
  expect(messagesOf({ ...exchange, response: { ...exchange.response, body: "<html>" } })).toEqual([]);
});

test.each([
  ["send", () => client.send({ url: "http://gateway.lan/limited" })],
  ["sendRaw", () => client.sendRaw({ url: "http://gateway.lan/limited", lines: ["Accept: */*"] })],
  ["open", async () => (await client.open({ url: "http://gateway.lan/limited" })).exchange],
  [
    "fetch",
    async () => {
      await (await client.fetch("http://gateway.lan/limited")).text();
      return client.exchanges.at(-1);
    },
  ],
])("what a rate limit refuses is sent again, and recorded once: %s", async (_, ask) => {
  refusals = 2;
  const before = client.exchanges.length;
  expect((await ask())?.response?.status).toBe(200);
  expect(refusals).toBe(0);
  expect(client.exchanges).toHaveLength(before + 1);
});

test.each(["/refused", "/for-hours"])(
  "a 429 that is no rate limit's, or that lasts too long, is an answer: %s",
  async (path) => {
    expect((await client.send({ url: `http://gateway.lan${path}` })).response?.status).toBe(429);
  },
);
