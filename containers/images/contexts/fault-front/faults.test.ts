import { expect, test } from "vitest";
import { emptyCatalogue, faultHost, faultlessHost, faultOf, faults, statusOf, toolsRequest } from "./faults.ts";

test.each(faults)("%s has its own host name, with or without a port", (fault) => {
  expect(faultOf(faultHost(fault))).toBe(fault);
  expect(faultOf(`${faultHost(fault)}:80`)).toBe(fault);
});

test.each([faultlessHost, "litellm.linuxserver.lan", "", undefined])("%s has no fault", (host) => {
  expect(faultOf(host)).toBeUndefined();
});

test("a fault with a status has it in its name", () => {
  expect(faults.map(statusOf)).toEqual([404, 401, 500, undefined, undefined]);
});

test.each([
  ['{"jsonrpc":"2.0","id":0,"method":"tools/list"}', 0],
  ['{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{}}', "a"],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/call"}', undefined],
  ['{"jsonrpc":"2.0","method":"tools/list"}', undefined],
  ["", undefined],
])("a request for the catalogue is recognised: %s", (body, id) => {
  expect(toolsRequest(body)).toBe(id);
});

test("the empty catalogue is the response to that request", () => {
  expect(JSON.parse(emptyCatalogue(7))).toEqual({ jsonrpc: "2.0", id: 7, result: { tools: [] } });
});
