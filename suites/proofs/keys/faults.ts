import { jsonOf } from "../../../helpers/core/text/json.ts";
import { isMessage, type Message } from "../../../helpers/protocol/json-rpc.ts";
import type { Fault, FrontRequest, Known } from "./faulty-front.ts";

/** A comparison of keys that is not exact: whether a key that is presented counts as a known one. */
function compares(isSame: (presented: string, known: string) => boolean): Fault {
  return (request, known) => {
    const presented = keyOf(request);
    const all = [known.masterKey, ...known.keys];
    if (presented === undefined || all.includes(presented)) return request;
    const same = all.find((one) => isSame(presented, one));
    return same === undefined ? request : withKey(request, same);
  };
}

/** Changes the JSON body of the requests to a path. */
function rewrites(path: string, change: (body: Message, known: Known) => Message): Fault {
  return (request, known) => {
    const body = jsonOf(request.body);
    if (request.path !== path || !isMessage(body)) return request;
    return { ...request, body: JSON.stringify(change(body, known)) };
  };
}

/** Answers the requests to a path in the gateway's place, which then knows nothing of them. */
function swallows(path: string): Fault {
  return (request) => (request.path === path ? { answer: {} } : request);
}

/** Gives a caller the master key's rights. */
function admits(isMeant: (request: FrontRequest, known: Known) => boolean): Fault {
  return (request, known) => (isMeant(request, known) ? withKey(request, known.masterKey) : request);
}

/** Faults of a gateway by what an operator would call them. */
export const faults = {
  widenedGrant: rewrites("/key/generate", ({ object_permission: own, ...body }, { servers }) =>
    own === undefined ? body : { ...body, object_permission: { mcp_servers: servers } },
  ),
  missingGrant: rewrites("/key/generate", ({ object_permission: _, ...body }) => body),
  prefixComparison: compares((presented, known) => known.startsWith(presented) || presented.startsWith(known)),
  truncatedComparison: compares((presented, known) => presented.slice(0, 12) === known.slice(0, 12)),
  lastCharacterIgnored: compares(
    (presented, known) => presented.length === known.length && presented.slice(0, -1) === known.slice(0, -1),
  ),
  caseIgnored: compares((presented, known) => presented.toLowerCase() === known.toLowerCase()),
  revokedKeyWorks: swallows("/key/delete"),
  expiryIgnored: rewrites("/key/generate", ({ duration: _, ...body }) => body),
  changedGrantIgnored: swallows("/key/update"),
  listedWithoutGrant: admits(
    (request, { keys }) => request.path === "/mcp-rest/tools/list" && keys.includes(keyOf(request) ?? ""),
  ),
  openToNobody: admits((request) => request.path.startsWith("/mcp") && keyOf(request) === undefined),
  callsUnchecked: admits(({ body }) => body.includes('"tools/call"') && body.includes('"everything-echo"')),
  serverListHeaderUnchecked: admits(({ headers }) => headers["x-mcp-servers"] !== undefined),
  modelsIgnored: rewrites("/key/generate", ({ models: _, ...body }) => body),
  budgetIgnored: rewrites("/key/generate", ({ max_budget: _, ...body }) => body),
  openManagement: admits(({ path }) => path === "/team/new"),
} as const satisfies Record<string, Fault>;

/**
 * A gateway that finds a tool by its bare name, whatever server it is of, and does not look at the grant.
 *
 * @param nameInCatalogue the name of a bare tool with its server's prefix; undefined for a name that has one already
 */
export function bareNamesFound(nameInCatalogue: (tool: string) => string | undefined): Fault {
  return (request, { masterKey }) => {
    const body = jsonOf(request.body);
    if (!isMessage(body) || body.method !== "tools/call" || !isMessage(body.params)) return request;
    const name = nameInCatalogue(String(body.params.name));
    if (name === undefined) return request;
    const found = { ...body, params: { ...body.params, name } };
    return withKey({ ...request, body: JSON.stringify(found) }, masterKey);
  };
}

function keyOf({ headers }: FrontRequest): string | undefined {
  return /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
}

function withKey(request: FrontRequest, key: string): FrontRequest {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${key}` } };
}
