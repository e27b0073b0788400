import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const key = "sk-of-this-test";

/** How the gateway answers; each test changes one answer. */
interface Stub {
  /** Status of a path that needs no key. */
  open: (path: string) => number;
  /** Status of a private path without a key. */
  refusal: number;
  /** Answer to an MCP request with the key. */
  mcp: (method: string) => { status?: number; type?: string; body: string };
}

const healthy: Stub = {
  open: () => 200,
  refusal: 401,
  mcp: (method) => ({ body: JSON.stringify(answers[method] ?? {}) }),
};

const answers: Record<string, object> = {
  initialize: {
    jsonrpc: "2.0",
    id: 1,
    result: { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "litellm", version: "1" } },
  },
  "tools/list": {
    jsonrpc: "2.0",
    id: 2,
    result: { tools: [{ name: "postgres-execute_sql" }, { name: "filesystem-read_file" }] },
  },
};

interface Checked {
  exitCode: number;
  lines: string[];
  error: string;
  /** `METHOD /path` of each request to the gateway. */
  asked: string[];
}

async function check(
  stub: Stub,
  options: string[] = [],
  environment: Record<string, string> = { LITELLM_KEY: key },
): Promise<Checked> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void answer(stub, request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  try {
    const ran = await run(
      ["--host", "127.0.0.1", "--port", String(port), "--direct-port", "none", ...options],
      environment,
    );
    return { ...ran, asked };
  } finally {
    server.close();
  }
}

async function answer(stub: Stub, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const piece of request) body += String(piece);
  const path = request.url ?? "";
  if (path === "/mcp/" && request.headers.authorization === `Bearer ${key}`) {
    const { method } = JSON.parse(body) as { method: string };
    const { status = 200, type = "application/json", body: text } = stub.mcp(method);
    response.writeHead(status, { "content-type": type }).end(text);
    return;
  }
  response.writeHead(path === "/v1/models" || path === "/mcp/" ? stub.refusal : stub.open(path)).end();
}

async function run(args: string[], environment: Record<string, string>): Promise<Omit<Checked, "asked">> {
  const child = spawn(process.execPath, [resolve("lan-check/lan-check.mjs"), ...args], {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let error = "";
  child.stdout.on("data", (piece: Buffer) => {
    output += piece;
  });
  child.stderr.on("data", (piece: Buffer) => {
    error += piece;
  });
  const exitCode = await new Promise<number>((done) => child.once("close", (code) => done(code ?? -1)));
  return { exitCode, lines: output.trim().split("\n"), error };
}

test("a healthy gateway: one line per check, exit code 0, and only requests that read", async () => {
  const { exitCode, lines, asked } = await check(healthy);
  expect(lines.filter((line) => !line.startsWith("✓"))).toEqual([]);
  expect(lines.at(-1)).toMatch(/litellm uses MCP 2025-06-18 and lists 2 tools/);
  expect(exitCode).toBe(0);
  expect(asked.filter((line) => !line.startsWith("GET "))).toEqual(["POST /mcp/", "POST /mcp/", "POST /mcp/"]);
});

test("responses may be event streams", async () => {
  const { exitCode, lines } = await check({
    ...healthy,
    mcp: (method) => ({
      type: "text/event-stream",
      body: `event: message\ndata: ${JSON.stringify(answers[method] ?? {})}\n\n`,
    }),
  });
  expect(lines.at(-1)).toMatch(/2 tools/);
  expect(exitCode).toBe(0);
});

test("without a key the checks that need one are not run, and the exit code is 3", async () => {
  const { exitCode, lines } = await check(healthy, [], {});
  expect(lines.at(-1)).toMatch(/^– MCP.*set LITELLM_KEY/);
  expect(exitCode).toBe(3);
});

const broken: { name: string; stub?: Partial<Stub>; options?: string[]; says: RegExp }[] = [
  {
    name: "a public path that needs a key",
    stub: { open: (path) => (path === "/ui/" ? 401 : 200) },
    says: /^✗ public \/ui\/ .*public router/m,
  },
  {
    name: "docs that are switched off",
    stub: { open: (path) => (path === "/docs" ? 404 : 200) },
    says: /^✗ public \/docs .*DOCS_URL/m,
  },
  { name: "a gateway that needs no key", stub: { refusal: 200 }, says: /^✗ no key .*anyone on the LAN/m },
  { name: "a refusal without a challenge", stub: { refusal: 404 }, says: /^✗ no key .*WWW-Authenticate/m },
  { name: "a LiteLLM that is down", stub: { refusal: 502 }, says: /^✗ no key .*check that LiteLLM is running/m },
  {
    name: "an empty catalogue",
    stub: {
      mcp: (method) => ({
        body: JSON.stringify(
          method === "tools/list" ? { jsonrpc: "2.0", id: 2, result: { tools: [] } } : answers[method],
        ),
      }),
    },
    says: /^✗ MCP .*lists no tools.*does not start/m,
  },
  {
    name: "a key that is refused and repeated in the error",
    stub: { mcp: () => ({ status: 401, body: `{"error":"unknown key ${key}"}` }) },
    says: /^✗ MCP .*401.*‹key›.*use a key/m,
  },
  {
    name: "a web page instead of MCP",
    stub: { mcp: () => ({ type: "text/html", body: "<html></html>" }) },
    says: /^✗ MCP .*no MCP message/m,
  },
  {
    name: "a closed port",
    options: ["--direct-port", "1"],
    says: /^✗ port 1 .*refuses the connection; publish 1 in compose\.yaml/m,
  },
];

test.each(broken)("$name: exit code 1 and a fix", async ({ stub, options, says }) => {
  const { exitCode, lines } = await check({ ...healthy, ...stub }, options);
  expect(lines.join("\n")).toMatch(says);
  expect(lines.join("\n")).not.toContain(key);
  expect(exitCode).toBe(1);
});

test("a name that cannot be resolved ends the checks", async () => {
  const { exitCode, lines } = await run(["--host", "nowhere.invalid"], {});
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^✗ name .*cannot resolve nowhere\.invalid; add it to the LAN's DNS/);
  expect(exitCode).toBe(1);
});

test.each([
  ["no host", [], /--host is missing/],
  ["a URL instead of a host", ["--host", "http://gateway"], /is not a host name/],
  ["a port that is not a number", ["--host", "gateway", "--port", "http"], /--port 'http' is not a port/],
  ["a path without a slash", ["--host", "gateway", "--public", "ui"], /'ui' is not a path/],
  ["an unknown option", ["--host", "gateway", "--verbose"], /verbose/],
])("%s: exit code 2, with the usage", async (_, args, says) => {
  const { exitCode, error } = await run(args, {});
  expect(error).toMatch(says);
  expect(error).toMatch(/exit code: 0 every check passed/);
  expect(exitCode).toBe(2);
});
