import { expect, it } from "vitest";
import { grantRights, keyInfoPath, keyMetadata, keyRights, needsTeam } from "./key-rights.ts";

const idOf = (server: string): string => `id-of-${server}`;
const none = { servers: [], accessGroups: [], tools: new Map(), models: [], routes: [] };

it("a key without rights of its own has no object permission", () => {
  expect(keyRights(none, idOf)).toEqual({});
});

it("names servers and tools by the servers' ids, and grants the server of a granted tool", () => {
  const rights = {
    ...none,
    servers: ["files"],
    tools: new Map([["shop", ["order"]]]),
    models: ["gpt-5"],
    routes: ["/mcp"],
  };
  expect(keyRights(rights, idOf)).toEqual({
    models: ["gpt-5"],
    allowed_routes: ["/mcp"],
    object_permission: {
      mcp_servers: ["id-of-files", "id-of-shop"],
      mcp_tool_permissions: { "id-of-shop": ["order"] },
    },
  });
});

it("grants access groups by their names", () => {
  expect(grantRights({ servers: [], accessGroups: ["sales"] }, idOf)).toEqual({ mcp_access_groups: ["sales"] });
});

it("asks for a key by its hash, so that no access log has the key", () => {
  expect(keyInfoPath("sk-example")).toMatch(/^\/key\/info\?key=[0-9a-f]{64}$/);
});

it("distinguishes a refusal because of a missing team from other refusals", () => {
  const body = `{"error":{"message":"{'error': \\"Key is not in a team. Only globally available servers can be assigned\\"}"}}`;
  expect(needsTeam({ status: 403, body })).toBe(true);
  expect(needsTeam({ status: 403, body: "not allowed" })).toBe(false);
  expect(needsTeam(undefined)).toBe(false);
});

it("takes a deleted key, for which LiteLLM 1.106.2 answers 200 too, for one that is not there", () => {
  const answer = (info: object, status = 200) => ({ status, body: JSON.stringify({ info }) });
  expect(keyMetadata(answer({ metadata: { a: "b" } }))).toEqual({ a: "b" });
  expect(keyMetadata(answer({ metadata: null, deleted_at: null }))).toEqual({});
  expect(keyMetadata(answer({ metadata: { a: "b" }, deleted_at: "2026-11-29T17:29:08.068000+00:00" }))).toBeUndefined();
  expect(keyMetadata(answer({}, 404))).toBeUndefined();
  expect(keyMetadata(undefined)).toBeUndefined();
});
