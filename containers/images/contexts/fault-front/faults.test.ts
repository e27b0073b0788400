import { expect, test } from "vitest";
import {
  callError,
  emptyCatalogue,
  faultHost,
  faultlessHost,
  faultOf,
  faults,
  listingIn,
  requestOf,
  statusOf,
} from "./faults.ts";

test.each(faults)("%s has its own host name, with or without a port", (fault) => {
  expect(faultOf(faultHost(fault))).toBe(fault);
  expect(faultOf(`${faultHost(fault)}:80`)).toBe(fault);
});

test.each([faultlessHost, "litellm.linuxserver.lan", "", undefined])("%s has no fault", (host) => {
  expect(faultOf(host)).toBeUndefined();
});

test("a fault with a status has it in its name", () => {
  expect(faults.map(statusOf)).toEqual([404, 401, 500, ...Array(5).fill(undefined)]);
});

test.each([
  ['{"jsonrpc":"2.0","id":0,"method":"tools/list"}', 0],
  ['{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{}}', "a"],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/call"}', undefined],
  ['{"jsonrpc":"2.0","method":"tools/list"}', undefined],
  ["", undefined],
])("a request for the catalogue is recognised: %s", (body, id) => {
  expect(requestOf(body, "tools/list")).toBe(id);
});

test("the empty catalogue is the response to that request", () => {
  expect(JSON.parse(emptyCatalogue(7))).toEqual({ jsonrpc: "2.0", id: 7, result: { tools: [] } });
});

test("a call that fails is answered in one of the two ways that MCP has", () => {
  expect(JSON.parse(callError("call-refused", 7))).toMatchObject({ id: 7, result: { isError: true } });
  expect(JSON.parse(callError("call-gone", "a"))).toMatchObject({ id: "a", error: { code: -32602 } });
});

test.each([
  ['{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}', { tools: [] }],
  ['event: message\r\ndata: {"jsonrpc":"2.0","id":1,"result":{"tools":[]}}\r\n\r\n', { tools: [] }],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"broken"}}', undefined],
  ["Internal Server Error", undefined],
])("a listing is found in a response: %s", (text, result) => {
  expect(listingIn(text)).toEqual(result);
});
