import { createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { exchangeRaw } from "./raw-http.ts";
import { type RawResponse, ResponseReader } from "./response-reader.ts";

/** Reads a response in pieces of the given size, until it is complete or the bytes end. */
function read(text: string, { size = text.length, toHead = false } = {}): RawResponse & { complete: boolean } {
  const reader = new ResponseReader({ toHead });
  const bytes = Buffer.from(text, "latin1");
  let complete = false;
  for (let at = 0; at < bytes.length && !complete; at += size) complete = reader.feed(bytes.subarray(at, at + size));
  return { ...reader.end(), complete };
}

const sized = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";

describe.each([1, 7, 10_000])("in pieces of %i bytes", (size) => {
  test.each([
    ["a length", sized],
    ["chunks", chunked],
    ["an interim response before it", `HTTP/1.1 100 Continue\r\n\r\n${sized}`],
  ])("a response with %s is complete at its end", (_, text) => {
    expect(read(text, { size })).toMatchObject({ status: 200, body: "hello", complete: true });
    expect(read(text, { size })).not.toHaveProperty("defect");
  });

  test("a response without a length ends when the connection does", () => {
    expect(read("HTTP/1.1 431 Too Large\r\nConnection: close\r\n\r\ntoo large", { size })).toEqual({
      status: 431,
      headers: [["Connection", "close"]],
      body: "too large",
      complete: false,
    });
  });
});

test("headers keep their order, repetitions and bytes above 0x7F", () => {
  expect(read("HTTP/1.1 204 No Content\r\nX-A: 1\r\nx-a: \u00e9 2 \r\nX-Empty:\r\n\r\n")).toEqual({
    status: 204,
    headers: [
      ["X-A", "1"],
      ["x-a", "\u00e9 2"],
      ["X-Empty", ""],
    ],
    body: "",
    complete: true,
  });
});

test("a response to HEAD has no body, and 101 ends the exchange", () => {
  expect(read(sized.slice(0, -5), { toHead: true })).toMatchObject({ status: 200, body: "", complete: true });
  const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  expect(read(upgrade)).toMatchObject({ status: 101, body: "", complete: true });
});

test.each([
  ["a length", sized],
  ["chunks", chunked],
])("a second response behind one with %s is kept in the body", (_, text) => {
  const second = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
  expect(read(text + second)).toMatchObject({ status: 200, body: `hello${second}`, complete: true });
});

test.each([
  [
    "a length that is not a number",
    "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
    { status: 200, body: "hello", defect: 'malformed response: Content-Length "five" is not a number' },
  ],
  [
    "two lengths",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    { status: 200, body: "", defect: "malformed response: Parse Error (HPE_UNEXPECTED_CONTENT_LENGTH)" },
  ],
  [
    "a chunk that is longer than it says",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
    { status: 200, body: "2\r\nhello\r\n0\r\n\r\n", defect: "malformed response: Expected empty line" },
  ],
  [
    "a header line without a colon",
    "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n",
    {
      status: 200,
      headers: [
        ["no colon", ""],
        ["Content-Length", "0"],
      ],
    },
  ],
  [
    "a body that is cut off",
    sized.slice(0, -2),
    { status: 200, body: "hel", defect: "the connection closed before the response's end" },
  ],
  [
    "a head that is cut off",
    "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-",
    { status: 200, headers: [["X-A", "1"]], defect: "the connection closed before the response's end" },
  ],
])("%s is reported with what came before it", (_, text, expected) => {
  expect(read(text)).toMatchObject(expected);
});

test("bytes that are not HTTP, no bytes, and no final response are errors", () => {
  expect(() => read("HTTP/1.1 100 Continue\r\n\r\n")).toThrow("closed without a final response");
  expect(() => read("SSH-2.0-OpenSSH\r\n")).toThrow("not an HTTP response: SSH-2.0-OpenSSH");
  expect(() => read("")).toThrow("closed without a response");
});

/** Sends a request to a server that answers as given. */
async function exchangeWith(answer: (socket: Socket) => void, deadline = 5_000): Promise<RawResponse> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  try {
    return await exchangeRaw({
      address: { host: "127.0.0.1", port: address.port },
      servername: undefined,
      bytes: Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
      deadline,
    });
  } finally {
    server.close();
  }
}

describe("over a connection", () => {
  test("a complete response is returned although the server keeps the connection open", async () => {
    await expect(exchangeWith((socket) => socket.write(sized))).resolves.toMatchObject({ body: "hello" });
  });

  test("a response that is answered and then reset counts, with the defect", async () => {
    const answer = exchangeWith((socket) => {
      socket.write("HTTP/1.1 431 Too Large\r\n\r\ntoo large", () => setTimeout(() => socket.resetAndDestroy(), 50));
    });
    await expect(answer).resolves.toEqual({ status: 431, headers: [], body: "too large", defect: "read ECONNRESET" });
  });

  test("a stream that does not end is returned at the deadline, as far as it came", async () => {
    const answer = exchangeWith((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n: ping\n"), 100);
    await expect(answer).resolves.toMatchObject({ body: ": ping\n", defect: "the response did not end in time" });
  });

  test.each([
    ["silence", () => {}, /^no response in time$/],
    ["a closed connection", (socket: Socket) => socket.end(), /^closed without a response$/],
    ["a reset", (socket: Socket) => socket.resetAndDestroy(), /ECONNRESET/],
  ])("%s is an error", async (_, answer, message) => {
    await expect(exchangeWith(answer, 200)).rejects.toThrow(message);
  });
});
