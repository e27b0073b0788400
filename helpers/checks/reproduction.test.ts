import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Exchange } from "../protocol/exchange.ts";
import { type Reproduction, reproduction, type SentTo } from "./reproduction.ts";

const secrets = new Map([["LITELLM_MASTER_KEY", "sk-canary-1"]]);

function sent(url: string, rest: Partial<Exchange["request"]> = {}, responseHeaders: [string, string][] = []): SentTo {
  const request = { method: "GET", url, headers: [], body: undefined, ...rest };
  const response = { status: 200, headers: responseHeaders, body: "", headAfter: 1, endAfter: 1 };
  const exchange = { id: url, at: "2026-01-01T00:00:00.000Z", request, response, error: undefined };
  return { exchange, rig: "gateway", part: "traefik", port: 80 };
}

function script(change: Partial<Reproduction>): string {
  return reproduction({
    id: "ROUTE-03/look-alike-paths",
    title: "a path (that) only looks public is refused",
    requirements: ["ROUTE-03", "CAT-11"],
    file: "suites/routes/a.spec.ts",
    message: "gets through\n  look at: compose.yaml:1",
    details: undefined,
    run: "gc-1",
    environment: { DEPLOYMENT: "my gateway" },
    requests: [],
    commands: [],
    scripts: [],
    connections: [],
    secrets,
    ...change,
  });
}

/** The arguments that bash passes to `request` and `docker exec` in the last line that begins so. */
function argumentsOf(text: string, beginning: string): string[] {
  const line = text.split("\n").findLast((one) => one.startsWith(beginning)) ?? "";
  const stubs = `LITELLM_MASTER_KEY=KEY session=S; at() { echo "$1:$2"; }; part() { echo "$1"; }; show() { printf '%s\\n' "$@"; }`;
  const call = line.replace(/^(request|docker exec)/, "show").replace(/; code=.*/, "");
  return execFileSync("bash", ["-c", `${stubs}; ${call}`], { encoding: "utf8" })
    .trimEnd()
    .split("\n");
}

test("the script is valid bash and says which check failed, and how to leave the right network up", () => {
  const text = script({ requests: [sent("http://gateway.lan/uix")] });
  expect(spawnSync("bash", ["-n"], { input: text }).status).toBe(0);
  expect(text).toContain(
    "\n# ROUTE-03/look-alike-paths: a path (that) only looks public is refused\n# Requirements: ROUTE-03, CAT-11\n",
  );
  expect(text).toContain("#   gets through\n#     look at: compose.yaml:1");
  expect(text).toContain(
    "DEPLOYMENT='my gateway' KEEP=1 npm test -- suites/routes/a.spec.ts -t ROUTE-03/look-alike-paths:\n",
  );
});

describe("a request", () => {
  test("is sent as it was, with its secret by name", () => {
    const headers = [["Authorization", "Bearer sk-canary-1"]] as const;
    const text = script({
      requests: [sent("http://gateway.lan/it's", { method: "POST", headers, body: '{"a":"$HOME `x`"}' })],
    });
    expect(text).not.toContain("sk-canary-1");
    expect(argumentsOf(text, "request --connect")).toEqual([
      "--connect-to",
      "::traefik:80",
      "-X",
      "POST",
      "-H",
      "Authorization: Bearer KEY",
      "--data-binary",
      '{"a":"$HOME `x`"}',
      "http://gateway.lan/it's",
    ]);
  });

  test("that no client library writes is sent byte by byte", () => {
    const raw = "GET /%2e HTTP/1.1\r\nX: \xe9'\\n%s sk-canary-1\r\n\r\n";
    const text = script({ requests: [sent("http://gateway.lan/", { raw })] });
    const [, print = ""] = /^(printf .*?) \| \{ address/m.exec(text) ?? [];
    const bytes = execFileSync("bash", ["-c", `LITELLM_MASTER_KEY=KEY; ${print}`], { encoding: "latin1" });
    expect(bytes).toBe(raw.replace("sk-canary-1", "KEY"));
  });

  test("of an MCP session opens one first", () => {
    const opened = sent("http://gateway.lan/mcp/", { method: "POST", body: "initialize" }, [["Mcp-Session-Id", "old"]]);
    const used = sent("http://gateway.lan/mcp/", {
      method: "POST",
      body: "list",
      headers: [["mcp-session-id", "old"]],
    });
    const text = script({ requests: [opened, used] });
    expect(text).toMatch(/^session=\$\(request .*initialize .*\)$/m);
    expect(argumentsOf(text, "request --connect")).toContain("mcp-session-id: S");
  });
});

describe("what is repeated", () => {
  const requests = ["/a", "/b", "/c", "/d", "/e"].map((path) => sent(`http://gateway.lan${path}`));
  const repeated = (change: Partial<Reproduction>): string[] =>
    [...script({ requests, ...change }).matchAll(/^request .*lan(\/\w)$/gm)].map(([, path]) => path ?? "");
  const evidence = (...paths: string[]) => ({ exchanges: paths.map((path) => `http://gateway.lan${path}`) });

  test("is what the failure's evidence names", () => {
    expect(repeated({ details: { summary: "w", expected: "a", actual: "b", evidence: evidence("/b") } })).toEqual([
      "/b",
    ]);
    expect(repeated({ details: { summary: "w", expected: "a", actual: "b", evidence: evidence("/c", "/a") } })).toEqual(
      ["/c", "/a"],
    );
  });

  test("is what the evidence of its cases names: each once, and the first three", () => {
    const cases = ["/b", "/a", "/b", "/c", "/d"].map((path) => ({
      summary: "w",
      expected: "a",
      actual: "b",
      evidence: evidence(path),
    }));
    expect(repeated({ details: { summary: "w", expected: "a", actual: "b", cases } })).toEqual(["/b", "/a", "/c"]);
    expect(
      repeated({ details: { summary: "w", expected: "a", actual: "b", evidence: evidence("/e"), cases } }),
    ).toEqual(["/e", "/b", "/a"]);
  });

  test("is not chosen by the texts of the evidence", () => {
    const texts = { sent: "GET http://gateway.lan/b", received: "200" };
    expect(repeated({ details: { summary: "w", expected: "a", actual: "b", evidence: texts } })).toEqual(["/e"]);
  });

  test("is the last that was sent where the evidence names nothing, or nothing that is known", () => {
    expect(repeated({})).toEqual(["/e"]);
    expect(repeated({ details: { summary: "w", expected: "a", actual: "b", evidence: evidence("/unknown") } })).toEqual(
      ["/e"],
    );
  });

  test("is nothing where nothing was sent: the script says where to look", () => {
    expect(script({})).toContain("# The check sent nothing");
  });
});

test("a command runs where it ran, with the files that it needs and the model's script", () => {
  const run = {
    at: "2",
    rig: "gateway",
    part: "codex",
    user: undefined,
    exitCode: 0,
    milliseconds: 1,
    stdout: "",
    stderr: "",
  };
  const file = { ...run, at: "1", environment: {}, workingDir: undefined };
  const environment = { HOME: "/tmp/turn-1", KEY: "sk-canary-1" };
  const write = ["sh", "-c", "cat", "sh", "/tmp/turn-1/.codex/config.toml", "x = 1"];
  const other = ["sh", "-c", "cat", "sh", "/tmp/turn-2/.codex/config.toml", "x = 2"];
  const text = script({
    commands: [
      { ...file, id: "command-1", command: write },
      { ...file, id: "command-2", command: other },
      {
        ...run,
        id: "command-3",
        command: ["codex", "exec", "--json", "List"],
        environment,
        workingDir: "/tmp/turn-1/work",
      },
      { ...file, id: "command-4", at: "3", command: ["date"] },
    ],
    scripts: ["turn-1", "turn-2"].map((id) => ({ id, script: { match: { includes: id }, turns: [{ say: "x" }] } })),
    details: { summary: "no call", expected: "a", actual: "b", evidence: { commands: ["command-3"] } },
  });
  expect(argumentsOf(text, "docker exec -e")).toEqual([
    "-e",
    "HOME=/tmp/turn-1",
    "-e",
    "KEY=KEY",
    "-w",
    "/tmp/turn-1/work",
    "codex",
    "codex",
    "exec",
    "--json",
    "List",
  ]);
  expect(text).toContain("/tmp/turn-1/.codex/config.toml");
  expect(text).toContain("_scripts/turn-1");
  expect(text).not.toContain("turn-2");
});

describe("a connection", () => {
  const tried = {
    id: "TCP from lan to [fd00::2]:9100",
    from: { rig: "gateway", part: "lan-host" },
    to: { rig: "gateway", part: "gateway-host", network: "gc-1-gateway-lan", family: 6 },
    port: 9100,
    outcome: "connected",
  } as const;
  const details = { summary: "it connects", expected: "a", actual: "b", evidence: { connections: [tried.id] } };

  test("is tried again from the same machine, at the address that the target has on this network", () => {
    const text = script({ connections: [tried], details });
    expect(spawnSync("bash", ["-n"], { input: text }).status).toBe(0);
    expect(text).toContain("# In the run: connected");
    expect(text).toContain(
      'connect "$(part lan-host gateway)" "$(address gateway-host gateway "$run"-gateway-lan GlobalIPv6Address)" 9100',
    );
  });

  test("to an unknown name is a look-up", () => {
    const unknown = {
      ...tried,
      id: "TCP from lan to litellm:80",
      to: { name: "litellm" },
      outcome: "name not found",
    };
    const text = script({
      connections: [unknown],
      details: { summary: "does not connect", expected: "a", actual: "b", evidence: { connections: [unknown.id] } },
    });
    expect(text).toContain('docker exec "$(part lan-host gateway)" getent ahosts litellm || echo "name not found"');
  });

  test("that the evidence does not name is not repeated", () => {
    expect(script({ connections: [tried] })).toContain("The check sent nothing");
  });
});
