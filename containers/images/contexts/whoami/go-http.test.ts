import { describe, expect, it } from "vitest";
import {
  accessLogTime,
  canonicalName,
  cleanPath,
  logPrefix,
  parseTarget,
  type Received,
  requestText,
} from "./go-http.ts";

function received(changes: Partial<Received> = {}): Received {
  return {
    method: "GET",
    target: "/",
    version: "1.1",
    rawHeaders: ["Host", "gateway"],
    body: Buffer.from(""),
    ...changes,
  };
}

describe("requestText", () => {
  it("writes host and agent first, then the other headers sorted by name, with one line per repeated value", () => {
    const rawHeaders = ["host", "gateway", "x-b", "1", "user-agent", "probe", "X-A", "2", "X-B", "3"];
    expect(requestText(received({ target: "/a%20b?c", rawHeaders })).toString()).toBe(
      "GET /a%20b?c HTTP/1.1\r\nHost: gateway\r\nUser-Agent: probe\r\nX-A: 2\r\nX-B: 1\r\nX-B: 3\r\n\r\n",
    );
  });

  it("names Go's own agent when the client sends none", () => {
    expect(requestText(received()).toString()).toBe(
      "GET / HTTP/1.1\r\nHost: gateway\r\nUser-Agent: Go-http-client/1.1\r\n\r\n",
    );
  });

  it("writes the body's length and the body", () => {
    const rawHeaders = ["Host", "gateway", "User-Agent", "x", "content-length", "2"];
    expect(requestText(received({ method: "POST", rawHeaders, body: Buffer.from("ok") })).toString()).toBe(
      "POST / HTTP/1.1\r\nHost: gateway\r\nUser-Agent: x\r\nContent-Length: 2\r\n\r\nok",
    );
  });

  it("writes a length of 0 for an empty body only if the method expects a body", () => {
    expect(requestText(received({ method: "PUT" })).toString()).toContain("Content-Length: 0\r\n");
    expect(requestText(received({ method: "HEAD" })).toString()).not.toContain("Content-Length");
  });

  it("writes a chunked body in chunks", () => {
    const rawHeaders = ["Host", "gateway", "User-Agent", "x", "Transfer-Encoding", "chunked"];
    expect(requestText(received({ method: "POST", rawHeaders, body: Buffer.from("hello") })).toString()).toBe(
      "POST / HTTP/1.1\r\nHost: gateway\r\nUser-Agent: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
  });
});

describe("Go's forms", () => {
  it.each([
    ["x-forwarded-for", "X-Forwarded-For"],
    ["ETAG", "Etag"],
    ["bad name", "bad name"],
  ])("of the header name %s", (name, canonical) => {
    expect(canonicalName(name)).toBe(canonical);
  });

  it.each([
    ["/", "/"],
    ["//ui", "/ui"],
    ["/ui/../v1/models", "/v1/models"],
    ["/ui/./", "/ui/"],
    ["/..", "/"],
  ])("of the path %s", (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });

  it("of a request target", () => {
    expect(parseTarget("http://gateway/a%2Fb?c=d")).toMatchObject({ uri: "/a%2Fb?c=d", path: "/a/b" });
    expect(parseTarget("/%zz")).toBeUndefined();
  });

  it("of times", () => {
    const time = new Date(Date.UTC(2026, 10, 4, 5, 6, 7));
    expect(accessLogTime(time)).toBe("04/Nov/2026:05:06:07 +0000");
    expect(logPrefix(time)).toBe("2026/11/04 05:06:07");
  });
});
