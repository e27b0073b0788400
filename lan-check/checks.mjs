import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { callTools } from "./mcp.mjs";

/**
 * @typedef {object} Wanted
 * @property {string} host
 * @property {number} port Traefik's port
 * @property {number | undefined} directPort LiteLLM's own port; undefined if it is not published
 * @property {string[]} publicPaths paths that need no key
 * @property {string} mcp path of the MCP endpoint
 * @property {string | undefined} key
 * @property {string} keyVariable the environment variable with the key
 */

/**
 * @typedef {object} Line
 * @property {"ok" | "failed" | "not-run"} outcome
 * @property {string} name
 * @property {string} found
 * @property {string} [fix] in the imperative
 */

/** For a connection or a response, in milliseconds. On a LAN a hundredth of it is usual. */
const deadline = 5_000;
/** For a tool listing, in milliseconds: LiteLLM may start every MCP server for it. */
const listingDeadline = 60_000;

/** A path that needs a key. */
const privatePath = "/v1/models";

/**
 * Checks a gateway from this machine: name, ports, public paths, refusal without a key, MCP. A check runs only if those
 * that it depends on passed.
 *
 * @param {Wanted} wanted
 * @returns {AsyncGenerator<Line>}
 */
export async function* checkGateway(wanted) {
  const { host, port, directPort, publicPaths, key, keyVariable } = wanted;
  const addresses = await resolve(host);
  yield nameLine(host, addresses);
  if (addresses.length === 0) return;
  const ports = directPort === undefined ? [port] : [port, directPort];
  const reached = [];
  for (const one of ports) {
    const line = await portLine(one, addresses);
    yield line;
    if (line.outcome === "ok") reached.push(one);
  }
  if (reached.includes(port)) {
    for (const path of publicPaths) yield await publicLine(base(host, port), path);
  }
  for (const one of reached) yield await refusalLine(base(host, one), one === port);
  for (const one of reached) {
    if (key === undefined) {
      yield {
        outcome: "not-run",
        name: `MCP on ${one}`,
        found: "not run",
        fix: `set ${keyVariable} to a key of the gateway`,
      };
    } else {
      yield await mcpLine(`${base(host, one)}${wanted.mcp}`, one, key);
    }
  }
}

/**
 * @param {string} host
 * @param {number} port
 */
function base(host, port) {
  return `http://${host}${port === 80 ? "" : `:${port}`}`;
}

/**
 * @param {string} host
 * @returns {Promise<{ address: string, family: number }[]>}
 */
async function resolve(host) {
  try {
    return await lookup(host, { all: true });
  } catch {
    return [];
  }
}

/**
 * @param {string} host
 * @param {{ address: string, family: number }[]} addresses
 * @returns {Line}
 */
function nameLine(host, addresses) {
  if (addresses.length === 0) {
    return {
      outcome: "failed",
      name: "name",
      found: `this machine cannot resolve ${host}`,
      fix: "add it to the LAN's DNS or to this machine's hosts file, and check that this machine uses that DNS",
    };
  }
  return { outcome: "ok", name: "name", found: `${host} is ${addresses.map(({ address }) => address).join(", ")}` };
}

/**
 * @param {number} port
 * @param {{ address: string, family: number }[]} addresses
 * @returns {Promise<Line>}
 */
async function portLine(port, addresses) {
  const name = `port ${port}`;
  const tries = await Promise.all(
    addresses.map(async ({ address, family }) => ({ address, family, code: await open(address, port) })),
  );
  const bad = tries.find(({ code }) => code !== undefined);
  if (bad === undefined)
    return { outcome: "ok", name, found: `connects to ${tries.map(({ address }) => address).join(", ")}` };
  const only = tries.some(({ code }) => code === undefined)
    ? ` (only ${bad.family === 6 ? "IPv6" : "IPv4"} fails)`
    : "";
  if (bad.code === "ECONNREFUSED") {
    return {
      outcome: "failed",
      name,
      found: `${bad.address} refuses the connection${only}`,
      fix: `publish ${port} in compose.yaml, or open it in the gateway host's firewall`,
    };
  }
  if (bad.code === "timeout" || bad.code === "ETIMEDOUT") {
    return {
      outcome: "failed",
      name,
      found: `no answer from ${bad.address}${only}`,
      fix: `open ${port} in the gateway host's firewall (and check this machine's own), or fix the address in DNS`,
    };
  }
  return {
    outcome: "failed",
    name,
    found: `no route to ${bad.address} (${bad.code})${only}`,
    fix: "connect this machine to the gateway's network, or fix the address in DNS",
  };
}

/**
 * @param {string} address
 * @param {number} port
 * @returns {Promise<string | undefined>} why it does not connect; undefined if it does
 */
function open(address, port) {
  return new Promise((done) => {
    const socket = connect({ host: address, port });
    /** @param {string | undefined} code */
    const end = (code) => {
      clearTimeout(timer);
      socket.destroy();
      done(code);
    };
    const timer = setTimeout(() => end("timeout"), deadline);
    socket.once("connect", () => end(undefined));
    socket.once("error", (/** @type {NodeJS.ErrnoException} */ error) => end(error.code ?? error.message));
  });
}

/**
 * @param {string} url
 * @returns {Promise<{ status: number, challenge: string | null } | string>} the error, if there is no response
 */
async function get(url) {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(deadline) });
    await response.body?.cancel();
    return { status: response.status, challenge: response.headers.get("www-authenticate") };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/**
 * @param {string} origin
 * @param {string} path
 * @returns {Promise<Line>}
 */
async function publicLine(origin, path) {
  const name = `public ${path}`;
  const response = await get(`${origin}${path}`);
  if (typeof response === "string")
    return { outcome: "failed", name, found: `no response: ${response}`, fix: "check Traefik's log" };
  const found = `answers ${response.status}`;
  if (response.status < 400) return { outcome: "ok", name, found };
  if (response.status === 401)
    return { outcome: "failed", name, found, fix: "add the path to the rule of Traefik's public router" };
  if (response.status === 404) {
    const docs = path === "/docs" ? " (LiteLLM serves /docs only with DOCS_URL=/docs)" : "";
    return { outcome: "failed", name, found, fix: `add the host and the path to the rule of a Traefik router${docs}` };
  }
  return {
    outcome: "failed",
    name,
    found,
    fix: response.status >= 502 ? "check that LiteLLM is running" : "check LiteLLM's log",
  };
}

/**
 * @param {string} origin
 * @param {boolean} byTraefik
 * @returns {Promise<Line>}
 */
async function refusalLine(origin, byTraefik) {
  const name = byTraefik ? "no key" : `no key, ${new URL(origin).port}`;
  const response = await get(`${origin}${privatePath}`);
  if (typeof response === "string")
    return { outcome: "failed", name, found: `no response: ${response}`, fix: "check the gateway's logs" };
  const found = `${privatePath} answers ${response.status}`;
  if (response.status === 401) return { outcome: "ok", name, found };
  if (response.status < 400) {
    return {
      outcome: "failed",
      name,
      found: `${found}: anyone on the LAN can use the models`,
      fix: "set LiteLLM's master_key, and check that Traefik injects no key on this route",
    };
  }
  if (response.status === 404)
    return {
      outcome: "failed",
      name,
      found,
      fix: "answer 401 with WWW-Authenticate: MCP clients detect by it that they need a key",
    };
  return {
    outcome: "failed",
    name,
    found,
    fix: response.status >= 502 ? "check that LiteLLM is running" : "check LiteLLM's log",
  };
}

/**
 * @param {string} url
 * @param {number} port
 * @param {string} key
 * @returns {Promise<Line>}
 */
async function mcpLine(url, port, key) {
  const name = `MCP on ${port}`;
  try {
    const { server, version, tools } = await callTools(url, key, listingDeadline);
    if (tools.length > 0)
      return { outcome: "ok", name, found: `${server} uses MCP ${version} and lists ${tools.length} tools` };
    return {
      outcome: "failed",
      name,
      found: `${server} uses MCP ${version} and lists no tools`,
      fix: "check LiteLLM's log for an upstream that does not start, and the grants of the key",
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isKey = /\b(401|403)\b/.test(message);
    return {
      outcome: "failed",
      name,
      // An error page may contain the key that was sent.
      found: message.replaceAll(key, "‹key›"),
      fix: isKey ? "use a key that LiteLLM knows" : "check LiteLLM's log",
    };
  }
}
