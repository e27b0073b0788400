import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { callTools } from "./mcp.mjs";

/**
 * @typedef {object} Wanted
 * @property {string} host
 * @property {number} port where Traefik listens
 * @property {number | undefined} directPort where LiteLLM listens past Traefik; undefined where it does not
 * @property {string[]} publicPaths
 * @property {string} mcp
 * @property {string | undefined} key
 * @property {string} keyVariable where the key comes from
 */

/**
 * @typedef {object} Line
 * @property {"ok" | "failed" | "untried"} outcome
 * @property {string} name
 * @property {string} found
 * @property {string} [todo] what to do about it, as an imperative
 */

/** How long a connection or an answer may take, in milliseconds. On a LAN a hundredth of it is usual. */
const deadline = 5_000;
/** LiteLLM may start every MCP server anew for a listing. In milliseconds. */
const listingDeadline = 60_000;

/** A path that nobody may read without a key. */
const privatePath = "/v1/models";

/**
 * Checks a gateway from this machine, in the order in which things break.
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
        outcome: "untried",
        name: `MCP on ${one}`,
        found: "not tried",
        todo: `set ${keyVariable} to a key of the gateway`,
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
      found: `${host} is not known here`,
      todo: "add it to the LAN's DNS, or to this machine's hosts file, and see that this machine asks that DNS",
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
    return { outcome: "ok", name, found: `connects by ${tries.map(({ address }) => address).join(", ")}` };
  const only = tries.some(({ code }) => code === undefined) ? `, by ${bad.family === 6 ? "IPv6" : "IPv4"} alone` : "";
  if (bad.code === "ECONNREFUSED") {
    return {
      outcome: "failed",
      name,
      found: `${bad.address} refuses${only}`,
      todo: `publish ${port} in compose.yaml, or open it in the gateway host's firewall`,
    };
  }
  if (bad.code === "timeout" || bad.code === "ETIMEDOUT") {
    return {
      outcome: "failed",
      name,
      found: `nothing comes back from ${bad.address}${only}`,
      todo: `open ${port} in the gateway host's firewall (and look at this machine's own), or mend the address in DNS`,
    };
  }
  return {
    outcome: "failed",
    name,
    found: `no way to ${bad.address} (${bad.code})${only}`,
    todo: "see that this machine is on the gateway's network, or mend the address in DNS",
  };
}

/**
 * @param {string} address
 * @param {number} port
 * @returns {Promise<string | undefined>} why it does not connect
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
 * @returns {Promise<{ status: number, challenge: string | null } | string>} what is wrong, where no answer comes
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
  const answer = await get(`${origin}${path}`);
  if (typeof answer === "string")
    return { outcome: "failed", name, found: `no answer: ${answer}`, todo: "look at Traefik's log" };
  const found = `answers ${answer.status}`;
  if (answer.status < 400) return { outcome: "ok", name, found };
  if (answer.status === 401)
    return { outcome: "failed", name, found, todo: "name the path in the rule of Traefik's public router" };
  if (answer.status === 404) {
    const docs = path === "/docs" ? " (LiteLLM serves /docs only with DOCS_URL=/docs)" : "";
    return { outcome: "failed", name, found, todo: `name the host and the path in a rule of Traefik's${docs}` };
  }
  return {
    outcome: "failed",
    name,
    found,
    todo: answer.status >= 502 ? "see that LiteLLM runs" : "look at LiteLLM's log",
  };
}

/**
 * @param {string} origin
 * @param {boolean} byTraefik
 * @returns {Promise<Line>}
 */
async function refusalLine(origin, byTraefik) {
  const name = byTraefik ? "no key" : `no key, ${new URL(origin).port}`;
  const answer = await get(`${origin}${privatePath}`);
  if (typeof answer === "string")
    return { outcome: "failed", name, found: `no answer: ${answer}`, todo: "look at the gateway's logs" };
  const found = `${privatePath} answers ${answer.status}`;
  if (answer.status === 401) return { outcome: "ok", name, found };
  if (answer.status < 400) {
    return {
      outcome: "failed",
      name,
      found: `${found}: anybody on the LAN may use the models`,
      todo: "set LiteLLM's master_key, and see that Traefik injects no key there",
    };
  }
  if (answer.status === 404)
    return {
      outcome: "failed",
      name,
      found,
      todo: "answer 401 with WWW-Authenticate: an MCP client learns from it that it needs a key",
    };
  return {
    outcome: "failed",
    name,
    found,
    todo: answer.status >= 502 ? "see that LiteLLM runs" : "look at LiteLLM's log",
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
      return { outcome: "ok", name, found: `${server} speaks ${version} and offers ${tools.length} tools` };
    return {
      outcome: "failed",
      name,
      found: `${server} speaks ${version} and offers not one tool`,
      todo: "look into LiteLLM's log for an upstream that does not start, and at what the key is granted",
    };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const isKey = /\b(401|403)\b/.test(said);
    return {
      outcome: "failed",
      name,
      // An error page may echo what it was sent.
      found: said.replaceAll(key, "‹key›"),
      todo: isKey ? "take a key that LiteLLM knows" : "look at LiteLLM's log",
    };
  }
}
