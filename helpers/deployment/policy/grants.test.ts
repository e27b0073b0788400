import { expect, it } from "vitest";
import { type GrantableServer, grantedTools, grantOf } from "./grants.ts";
import type { PolicyIdentity } from "./types.ts";

type Rights = Pick<PolicyIdentity, "servers" | "accessGroups" | "tools" | "team">;

const server = (name: string, own: Partial<GrantableServer> = {}): GrantableServer => ({
  name,
  accessGroups: [],
  allowAllKeys: false,
  ...own,
});
const servers = [server("files"), server("shop", { accessGroups: ["sales"] }), server("news")];
const none: Rights = { servers: [], accessGroups: [], tools: new Map(), team: undefined };
const namesOf = (identity: Rights, all = servers): string[] => [...grantOf(identity, all).keys()];

it("a key has the servers that it is granted by name and by access group, and no others", () => {
  expect(namesOf(none)).toEqual([]);
  expect(namesOf({ ...none, servers: ["files"] })).toEqual(["files"]);
  expect(namesOf({ ...none, accessGroups: ["sales"] })).toEqual(["shop"]);
});

it("a team's grant is what a key without its own has, and the most that any other has", () => {
  const team = { servers: ["files", "shop"], accessGroups: [] };
  expect(namesOf({ ...none, team })).toEqual(["files", "shop"]);
  expect(namesOf({ ...none, team, servers: ["shop", "news"] })).toEqual(["shop"]);
  expect(namesOf({ ...none, team: { servers: [], accessGroups: [] }, servers: ["news"] })).toEqual(["news"]);
});

it("a server for all keys is in every grant", () => {
  const open = [server("files"), server("news", { allowAllKeys: true })];
  expect(namesOf(none, open)).toEqual(["news"]);
});

it("a grant of tools grants their server, without its other tools", () => {
  const grant = grantOf({ ...none, tools: new Map([["files", ["read"]]]) }, servers);
  expect(grantedTools(grant, "files", ["read", "write"])).toEqual(["read"]);
  expect(grantedTools(grant, "shop", ["order"])).toEqual([]);
  expect(grantedTools(grantOf({ ...none, servers: ["shop"] }, servers), "shop", ["order"])).toEqual(["order"]);
});
