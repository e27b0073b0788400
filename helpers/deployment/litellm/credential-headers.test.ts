import { describe, expect, test } from "vitest";
import { litellm } from "../broken/broken-deployment.ts";
import { readFacts } from "../facts.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { credentialHeaders } from "./credential-headers.ts";

const reference = "deployments/reference";
const encoded = Buffer.from("user:word").toString("base64");

test.for([
  ["bearer_token", "abc", "1.77.1", { Authorization: "Bearer abc" }],
  ["bearer_token", "Bearer abc", "1.93.0", { Authorization: "Bearer Bearer abc" }],
  ["bearer_token", "bearer abc", "1.106.2", { Authorization: "Bearer abc" }],
  ["bearer_token", "Bearer", "1.106.2", { Authorization: "Bearer Bearer" }],
  ["token", "abc", "1.106.2", { Authorization: "token abc" }],
  ["token", "Token abc", "1.106.2", { Authorization: "token abc" }],
  ["api_key", "abc", "1.77.1", { "X-API-Key": "abc" }],
  ["authorization", "Digest abc", "1.106.2", { Authorization: "Digest abc" }],
  ["basic", "user:word", "1.77.1", { Authorization: `Basic ${encoded}` }],
  ["basic", `Basic ${encoded}`, "1.106.2", { Authorization: `Basic ${encoded}` }],
  ["basic", "Basic user:word", "1.106.2", { Authorization: `Basic ${encoded}` }],
  ["none", "abc", "1.106.2", {}],
  ["oauth_delegate", "abc", "1.106.2", {}],
] as const)("auth_type %s with '%s' on LiteLLM %s", ([type, value, version, headers]) => {
  expect(Object.fromEntries(credentialHeaders({ auth_type: type, auth_value: value }, version))).toEqual(headers);
  expect(Object.fromEntries(credentialHeaders({ auth_type: type, authentication_token: value }, version))).toEqual(
    headers,
  );
});

test("static headers stay next to the credential, where the version reads them", () => {
  const entry = { auth_type: "api_key", auth_value: "abc", static_headers: { "X-Team": "one" } };
  expect([...credentialHeaders(entry, "1.106.2").keys()]).toEqual(["X-Team", "X-API-Key"]);
  expect([...credentialHeaders(entry, "1.77.1").keys()]).toEqual(["X-API-Key"]);
});

describe("a credential that LiteLLM does not send as it is meant is a finding", () => {
  const notesOf = (lines: string, version: string): string[] => {
    const server = `  crm:\n    url: http://crm:8000/mcp\n    transport: http\n${lines}`;
    using copy = patchedCopy(reference, [litellm("  filesystem:", `${server}  filesystem:`)]);
    const facts = readFacts(copy.folder, { versions: { litellm: version } });
    facts.liteLLM();
    return facts.notes.notes
      .filter(({ what }) => what.includes("mcp_servers.crm"))
      .map(({ what, why }) => `${what}: ${why}`);
  };

  test.for([
    ["1.77.1", "", /has auth_value and no auth_type: LiteLLM does not send it/],
    ["1.106.2", "    auth_type: none\n", /has auth_value and auth_type none: LiteLLM does not send it/],
    [
      "1.77.1",
      "    auth_type: bearer_token\n",
      /begins with 'Bearer', .*: LiteLLM 1\.77\.1 sends `Authorization: Bearer Bearer …`/,
    ],
  ] as const)("on %s: %s", ([version, lines, expected]) => {
    expect(notesOf(`${lines}    auth_value: Bearer abc\n`, version)).toEqual([expect.stringMatching(expected)]);
  });

  test.for([
    ["1.106.2", "    auth_type: bearer_token\n    auth_value: Bearer abc\n"],
    ["1.77.1", "    auth_type: authorization\n    auth_value: Bearer abc\n"],
    // A caller may bring the value (`x-mcp-crm-authorization`).
    ["1.77.1", "    auth_type: bearer_token\n"],
    ["1.106.2", "    auth_type: api_key\n    auth_value: abc\n"],
  ] as const)("on %s this one is sent: %s", ([version, lines]) => {
    expect(notesOf(lines, version)).toEqual([]);
  });
});
