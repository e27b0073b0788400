import { expect, test } from "vitest";
import { sentText } from "./exchange.ts";

test.each([
  ["Host", "gateway.lan", undefined],
  ["Host", "gateway.lan:8443", "Host: gateway.lan:8443"],
  ["Host", "GATEWAY.lan", "Host: GATEWAY.lan"],
  ["Connection", "close", undefined],
  ["Connection", "X-Forwarded-Host", "Connection: X-Forwarded-Host"],
  ["User-Agent", "suite", undefined],
  ["Accept", "*/*", "Accept: */*"],
])("a failure shows the header %s: %s as %s", (name, value, line) => {
  const sent = (url: string): string =>
    sentText({
      id: "x",
      at: "",
      request: { method: "GET", url, headers: [[name, value]], body: undefined },
      response: undefined,
      error: undefined,
    });
  const url = "https://gateway.lan/v1/models";
  expect(sent(url)).toBe([`GET ${url}`, ...(line === undefined ? [] : [line])].join("\n"));
});

test("a failure shows the Host next to an absolute request target", () => {
  const sent = sentText({
    id: "x",
    at: "",
    request: {
      method: "GET",
      url: "https://gateway.lan https://unknown.example/",
      headers: [["Host", "gateway.lan"]],
      body: undefined,
    },
    response: undefined,
    error: undefined,
  });
  expect(sent).toBe("GET https://gateway.lan https://unknown.example/\nHost: gateway.lan");
});
