import { type Exchange, header } from "../exchange.ts";
import type { HttpRequest } from "../recording-client.ts";
import { type AuthorizationServerMetadata, authorizationServerFaults } from "./authorization-server.ts";
import { asUrl, jsonObject, textOf, textsOf } from "./metadata-values.ts";

/** One step of the discovery that an MCP client makes before it can log in. */
export interface DiscoveryStep {
  /** Stable name, e.g. `challenge`. */
  step: string;
  /** `fault`: clients fail here. `note`: they work, and an operator should know. */
  verdict: "ok" | "fault" | "note";
  /** What was found. */
  found: string;
  /** What a client expects here. */
  expected: string;
  /** How to fix it; empty where nothing is to be fixed. */
  fix: string;
  exchange: Exchange | undefined;
}

/** What the discovery led to. */
export interface Discovery {
  steps: readonly DiscoveryStep[];
  /** `resource` of the protected-resource metadata. */
  resource: string | undefined;
  /** `scopes_supported` of the protected-resource metadata. */
  scopes: readonly string[] | undefined;
  /** `authorization_servers` of the protected-resource metadata. */
  servers: readonly string[];
  /** The authorization server's metadata. */
  server: AuthorizationServerMetadata | undefined;
}

/** Sends one request; it never throws for what the network does. */
export type Send = (request: HttpRequest) => Promise<Exchange>;

const wellKnown = "/.well-known/oauth-protected-resource";

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "auth-check", version: "1.0.0" } },
});

/**
 * Walks the discovery of MCP's authorization as clients do (MCP 2025-06-18, RFC 9728, RFC 8414, OpenID Connect discovery): the
 * challenge, the protected-resource metadata at every address where a client looks, and the authorization server's metadata in
 * each well-known form. Reads only: nothing is registered, and nobody logs in.
 *
 * @param url MCP's address as a user types it
 */
export async function walkDiscovery(send: Send, url: string): Promise<Discovery> {
  const steps: DiscoveryStep[] = [];
  const add = (step: DiscoveryStep): void => void steps.push(step);
  const challenged = await challengeOf(send, url, add);
  const resource = await protectedResource(send, url, challenged, add);
  const [issuer] = resource?.servers ?? [];
  const server = issuer === undefined ? undefined : await authorizationServer(send, issuer, add);
  return { steps, resource: resource?.resource, scopes: resource?.scopes, servers: resource?.servers ?? [], server };
}

type Add = (step: DiscoveryStep) => void;

/** @returns the address of the metadata that the challenge names */
async function challengeOf(send: Send, url: string, add: Add): Promise<string | undefined> {
  const exchange = await send({
    method: "POST",
    url,
    headers: [
      ["Accept", "application/json, text/event-stream"],
      ["Content-Type", "application/json"],
    ],
    body: initialize,
  });
  const status = exchange.response?.status;
  const challenge = header(exchange.response?.headers, "www-authenticate");
  const expected = '401 with WWW-Authenticate: Bearer resource_metadata="https://…"';
  const step = { step: "challenge", expected, exchange };
  const found = status === undefined ? `no answer: ${exchange.error}` : `${status}${challenge ? `, ${challenge}` : ""}`;
  if (status !== 401) {
    const fix =
      status === undefined
        ? "check the address, DNS and the certificate"
        : status >= 300 && status < 400
          ? "take the browser's login (forwardAuth) off MCP's router: clients do not follow it"
          : status === 200
            ? "demand a credential: MCP is open to anyone"
            : "let LiteLLM, or a middleware in front of it, answer a request without a token with 401";
    add({ ...step, verdict: "fault", found, fix });
    return undefined;
  }
  const named = /resource_metadata="([^"]*)"/i.exec(challenge ?? "")?.[1];
  if (challenge === undefined || !/^Bearer\b/i.test(challenge)) {
    add({
      ...step,
      verdict: "fault",
      found: challenge === undefined ? "401 without WWW-Authenticate" : found,
      fix: "a client learns nothing from it: forwardAuth in front of MCP hides LiteLLM's challenge; take it off, or add the header",
    });
    return undefined;
  }
  if (named === undefined) {
    add({
      ...step,
      verdict: "note",
      found,
      fix: "add resource_metadata to the challenge: without it clients guess the metadata's address",
    });
    return undefined;
  }
  const at = asUrl(named);
  if (at === undefined || at.protocol !== new URL(url).protocol || at.host !== new URL(url).host) {
    add({
      ...step,
      verdict: "fault",
      found,
      fix: "the metadata must be on MCP's own origin: set LiteLLM's FORWARDED_ALLOW_IPS, so that it knows its public address",
    });
    return at === undefined ? undefined : named;
  }
  add({ ...step, verdict: "ok", found, fix: "" });
  return named;
}

/** What protected-resource metadata says (RFC 9728). */
interface ProtectedResource {
  resource: string;
  servers: readonly string[];
  scopes: readonly string[] | undefined;
}

/** Reads the metadata at each address where a client looks: the challenge's, that of the path, and the root's. */
async function protectedResource(
  send: Send,
  url: string,
  challenged: string | undefined,
  add: Add,
): Promise<ProtectedResource | undefined> {
  const { origin, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, "");
  const places = new Map<string, string>();
  if (challenged !== undefined) places.set(challenged, "named by the challenge");
  for (const [at, name] of [
    [`${origin}${wellKnown}${path}`, "inserted before the path"],
    [`${origin}${wellKnown}`, "at the root"],
  ] as const)
    if (!places.has(at)) places.set(at, name);
  let first: (ProtectedResource & { at: string }) | undefined;
  for (const [at, name] of places) {
    const exchange = await send({ url: at, headers: [["Accept", "application/json"]] });
    const step = { step: `protected-resource metadata, ${name}`, exchange, expected: `JSON of RFC 9728 at ${at}` };
    const status = exchange.response?.status;
    // A client tries the next address after 404, and gives up after anything else.
    if (status === 404 && at !== challenged) {
      add({ ...step, verdict: "ok", found: "404: clients look further", fix: "" });
      continue;
    }
    const fault = protectedResourceFault(exchange, url);
    const document = jsonObject(exchange);
    if (fault !== undefined || document === undefined) {
      add({ ...step, verdict: "fault", ...(fault ?? { found: "no JSON", fix: "serve JSON" }) });
      continue;
    }
    const read: ProtectedResource = {
      resource: textOf(document, "resource") ?? "",
      servers: textsOf(document, "authorization_servers") ?? [],
      scopes: textsOf(document, "scopes_supported"),
    };
    const found = `resource ${read.resource}, authorization server ${read.servers.join(", ")}`;
    const differs =
      first !== undefined && (first.resource !== read.resource || first.servers.join() !== read.servers.join());
    if (differs)
      add({
        ...step,
        verdict: "fault",
        found: `${found}; ${first?.at} says resource ${first?.resource}, authorization server ${first?.servers.join(", ")}`,
        fix: "serve one document at every address: which of them a client reads depends on the client",
      });
    else add({ ...step, verdict: "ok", found, fix: "" });
    first ??= { ...read, at };
  }
  if (first === undefined) {
    add({
      step: "protected-resource metadata",
      verdict: "fault",
      found: "none at any address",
      expected: `JSON of RFC 9728 at ${origin}${wellKnown}${path}`,
      fix: "serve it to anyone: a client without it invents addresses on this host",
      exchange: undefined,
    });
    return undefined;
  }
  add({
    step: "scopes",
    verdict: first.scopes === undefined ? "note" : "ok",
    found: first.scopes === undefined ? "no scopes_supported" : first.scopes.join(" "),
    expected: "scopes_supported with what MCP needs",
    fix:
      first.scopes === undefined
        ? "add scopes_supported: without it Codex and the Python SDK ask for every scope that the server lists"
        : "",
    exchange: undefined,
  });
  return first;
}

/** Why a client can't use this answer as the metadata of a resource; undefined when it can. */
function protectedResourceFault(exchange: Exchange, url: string): { found: string; fix: string } | undefined {
  const { response } = exchange;
  if (response === undefined) return { found: `no answer: ${exchange.error}`, fix: "check the address" };
  if (response.status !== 200) {
    const isLogin = response.status === 401 || (response.status >= 300 && response.status < 400);
    return {
      found: `${response.status}`,
      fix: isLogin
        ? "take the login (forwardAuth) off this path: a client reads it before it has a token"
        : "serve it to anyone",
    };
  }
  const document = jsonObject(exchange);
  if (document === undefined)
    return { found: "200, and no JSON object", fix: "serve JSON: the router behind this path answers with a page" };
  const type = header(response.headers, "content-type") ?? "none";
  if (!/^application\/json\b/i.test(type))
    return { found: `Content-Type ${type}`, fix: "send Content-Type: application/json (RFC 9728, section 3.2)" };
  const resource = textOf(document, "resource");
  if (resource === undefined) return { found: "no 'resource'", fix: "add 'resource' (RFC 9728, section 2)" };
  if (!covers(resource, url))
    return {
      found: `resource ${resource}`,
      fix: `'resource' must be ${url}, or a prefix of it without the trailing slash: clients compare it with what was typed`,
    };
  if ((textsOf(document, "authorization_servers") ?? []).length === 0)
    return { found: "no 'authorization_servers'", fix: "name the issuer in 'authorization_servers'" };
  return undefined;
}

/** Whether a resource is the typed address, or above it, as the TypeScript SDK compares them. */
function covers(resource: string, url: string): boolean {
  const own = asUrl(resource);
  const typed = new URL(url);
  if (own === undefined || own.origin !== typed.origin) return false;
  const withSlash = (path: string): string => (path.endsWith("/") ? path : `${path}/`);
  // A resource with a slash does not cover the same address typed without.
  if (own.pathname.length > typed.pathname.length) return false;
  return withSlash(typed.pathname).startsWith(withSlash(own.pathname));
}

/** Reads the metadata of an issuer in each form in which clients look for it. */
async function authorizationServer(
  send: Send,
  issuer: string,
  add: Add,
): Promise<AuthorizationServerMetadata | undefined> {
  const at = asUrl(issuer);
  if (at === undefined) {
    add({
      step: "authorization server",
      verdict: "fault",
      found: issuer,
      expected: "an https address",
      fix: "write the issuer's address into 'authorization_servers'",
      exchange: undefined,
    });
    return undefined;
  }
  const path = at.pathname.replace(/\/+$/, "");
  const forms: [string, string][] = [
    [`${at.origin}/.well-known/oauth-authorization-server${path}`, "RFC 8414, inserted"],
    [`${at.origin}/.well-known/openid-configuration${path}`, "OpenID Connect, inserted"],
    [`${at.origin}${path}/.well-known/openid-configuration`, "OpenID Connect, appended"],
  ];
  let first: AuthorizationServerMetadata | undefined;
  for (const [url, name] of path === "" ? forms.slice(0, 2) : forms) {
    const exchange = await send({ url, headers: [["Accept", "application/json"]] });
    const step = {
      step: `authorization server metadata, ${name}`,
      exchange,
      expected: `metadata of ${issuer} at ${url}`,
    };
    const { response } = exchange;
    if (response?.status === 404) {
      add({ ...step, verdict: "ok", found: "404: clients look further", fix: "" });
      continue;
    }
    const document = jsonObject(exchange);
    if (response?.status !== 200 || document === undefined) {
      add({
        ...step,
        verdict: "fault",
        found: response === undefined ? `no answer: ${exchange.error}` : `${response.status}, no metadata`,
        fix: "route this path to the authorization server, or answer 404: clients give up at anything else",
      });
      continue;
    }
    const { metadata, faults, notes } = authorizationServerFaults(document, issuer, first);
    for (const { found, fix } of faults) add({ ...step, verdict: "fault", found, fix });
    for (const { found, fix } of notes) add({ ...step, verdict: "note", found, fix });
    if (faults.length === 0) add({ ...step, verdict: "ok", found: `issuer ${metadata.issuer}`, fix: "" });
    first ??= metadata;
  }
  if (first === undefined)
    add({
      step: "authorization server metadata",
      verdict: "fault",
      found: "none in any form",
      expected: `metadata of ${issuer}`,
      fix: "route /.well-known/oauth-authorization-server and …/.well-known/openid-configuration of the issuer's host to it",
      exchange: undefined,
    });
  return first;
}
