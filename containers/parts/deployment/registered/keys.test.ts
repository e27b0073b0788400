import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { keyInfoPath } from "../../../../helpers/deployment/litellm/key-rights.ts";
import { loadDeployment } from "../../../../helpers/deployment/load.ts";
import type { Deployment, PolicyIdentity } from "../../../../helpers/deployment/types.ts";
import { registerKeys } from "./keys.ts";

const bodyShape = z.object({
  key: z.string().optional(),
  keys: z.array(z.string()).default([]),
  metadata: z.record(z.string(), z.string()).default({}),
});

/** The metadata of the keys that a server with as much of LiteLLM's API as keys need has, and what was sent to it. */
let keys: Map<string, Record<string, string>>;
let sent: string[];
let deletedKeys: Set<string>;
/** The key that LiteLLM refuses to make. */
let refused: string | undefined;
let server: Server;
let deployment: Deployment;

const secrets = new Map([
  ["LITELLM_CODING_KEY", "sk-coding"],
  ["LITELLM_FILES_KEY", "sk-files"],
  ["LITELLM_STATUS_KEY", "sk-status"],
]);

beforeEach(async () => {
  keys = new Map();
  sent = [];
  deletedKeys = new Set();
  refused = undefined;
  deployment = await loadDeployment("deployments/examples/virtual-keys");
  server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += String(piece);
    const { status, body } = answer(request.url ?? "", text);
    response.writeHead(status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => void server.close());

function answer(path: string, text: string): { status: number; body: object } {
  if (path === "/v1/mcp/server") return { status: 200, body: [{ server_id: "1", server_name: "filesystem" }] };
  if (path.startsWith("/key/info")) {
    const metadata = [...keys].find(([key]) => keyInfoPath(key) === path)?.[1];
    // LiteLLM 1.106.2 keeps what was deleted.
    if (metadata === undefined && [...deletedKeys].some((key) => keyInfoPath(key) === path))
      return { status: 200, body: { info: { metadata: {}, deleted_at: "2026-11-29T17:29:08Z" } } };
    return { status: metadata === undefined ? 404 : 200, body: { info: { metadata } } };
  }
  const { key, keys: deleted, metadata } = bodyShape.parse(JSON.parse(text));
  if (key !== undefined && key === refused) return { status: 403, body: { error: { message: "not allowed by team" } } };
  if (key !== undefined) keys.set(key, metadata);
  for (const one of deleted) {
    keys.delete(one);
    deletedKeys.add(one);
  }
  sent.push([path, ...(key === undefined ? deleted : [key])].join(" "));
  return { status: 200, body: { team_id: "2" } };
}

/** Registers the keys, and returns what was sent. */
async function register(change: (identity: PolicyIdentity) => PolicyIdentity): Promise<string[]> {
  sent = [];
  const { port } = server.address() as AddressInfo;
  const identities = deployment.policy.identities.map(change);
  const meant = { ...deployment, policy: { ...deployment.policy, identities } };
  await registerKeys(meant, { name: "litellm", host: "127.0.0.1", ports: { 4000: port } }, secrets);
  return sent;
}

test("a key is made once, and again where its rights are others", async () => {
  expect(await register((identity) => identity)).toEqual([
    "/key/generate sk-coding",
    "/key/generate sk-files",
    "/user/new",
    "/key/generate sk-status",
  ]);
  expect(await register((identity) => identity)).toEqual([]);
  const wider = (identity: PolicyIdentity) =>
    identity.name === "files agent" ? { ...identity, servers: ["filesystem", "everything"] } : identity;
  expect(await register(wider)).toEqual(["/key/delete sk-files", "/key/generate sk-files"]);
  const inTeam = (identity: PolicyIdentity) =>
    identity.name === "files agent" ? { ...identity, team: { servers: ["filesystem"], accessGroups: [] } } : identity;
  expect(await register(inTeam)).toEqual(["/key/delete sk-files", "/team/new", "/key/generate sk-files"]);
});

test("keys that exchange their rights are deleted before the first is made, because an alias is taken once", async () => {
  await register((identity) => identity);
  const other = new Map([
    ["LITELLM_CODING_KEY", "LITELLM_STATUS_KEY"],
    ["LITELLM_STATUS_KEY", "LITELLM_CODING_KEY"],
  ]);
  const swapped = (identity: PolicyIdentity) => ({ ...identity, secret: other.get(identity.secret ?? "") });
  // The user of the status poll is there.
  expect(await register(swapped)).toEqual([
    "/key/delete sk-status sk-coding",
    "/key/generate sk-status",
    "/key/generate sk-coding",
  ]);
});

test("a key that LiteLLM refused to make again, and whose old one is deleted, is made by the next deployment", async () => {
  await register((identity) => identity);
  refused = "sk-files";
  const wider = (identity: PolicyIdentity) =>
    identity.name === "files agent" ? { ...identity, servers: ["filesystem", "everything"] } : identity;
  await expect(register(wider)).rejects.toThrow(/the key of files agent can't be registered/);
  refused = undefined;
  expect(await register((identity) => identity)).toEqual(["/key/generate sk-files"]);
});
