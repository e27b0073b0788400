import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Exchange } from "../protocol/exchange.ts";
import { sentText } from "../protocol/exchange.ts";
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
    requirements: ["ROUTE-03"],
    sentence: "a path (that) only looks public",
    file: "suites/routes/a.spec.ts",
    message: "gets through\n  look at: compose.yaml:1",
    story: undefined,
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

/** What bash makes of a line when `curl`, `docker` and their kin only show their arguments. */
function argumentsOf(text: string, beginning: string): string[] {
  const line = text.split("\n").findLast((one) => one.startsWith(beginning)) ?? "";
  const stubs = `LITELLM_MASTER_KEY=KEY session=S; at() { echo "$1:$2"; }; part() { echo "$1"; }; show() { printf '%s\\n' "$@"; }`;
  const call = line.replace(/^(request|docker exec)/, "show").replace(/; code=.*/, "");
  return execFileSync("bash", ["-c", `${stubs}; ${call}`], { encoding: "utf8" })
    .trimEnd()
    .split("\n");
}

test("the script is bash, tells what failed, and how to leave the right network up", () => {
  const text = script({ requests: [sent("http://gateway.lan/uix")] });
  expect(spawnSync("bash", ["-n"], { input: text }).status).toBe(0);
  expect(text).toContain("#   gets through\n#     look at: compose.yaml:1");
  expect(text).toContain(
    "DEPLOYMENT='my gateway' KEEP=1 npm test -- suites/routes/a.spec.ts -t 'a path \\(that\\) only looks public'",
  );
});

describe("a request", () => {
  test("is sent as it was, its secret by name", () => {
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

  test("that no client would send is sent byte by byte", () => {
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

describe("what is shown", () => {
  const requests = ["/a", "/b", "/c"].map((path) => sent(`http://gateway.lan${path}`));
  const shown = (text: string): string[] => [...text.matchAll(/^request .*lan(\/\w)$/gm)].map(([, path]) => path ?? "");

  test("is what the failure tells of", () => {
    const [, b] = requests;
    expect(shown(script({ requests, story: { what: "w", sent: b && sentText(b.exchange) } }))).toEqual(["/b"]);
    const cases = requests.slice(0, 2).map(({ exchange }) => ({ what: "w", sent: sentText(exchange) }));
    expect(shown(script({ requests, story: { what: "w", cases } }))).toEqual(["/a", "/b"]);
  });

  test("is the last that was sent where it tells of nothing", () => {
    expect(shown(script({ requests }))).toEqual(["/c"]);
  });

  test("is where to look, where nothing was sent", () => {
    expect(script({})).toContain("# The check sent nothing");
  });
});

test("a command runs where it ran, with the files that it needs and the model's script", () => {
  const run = { at: "2", rig: "gateway", part: "codex", user: undefined, exitCode: 0, stdout: "", stderr: "" };
  const environment = { HOME: "/tmp/turn-1", KEY: "sk-canary-1" };
  const write = ["sh", "-c", "cat", "sh", "/tmp/turn-1/.codex/config.toml", "x = 1"];
  const other = ["sh", "-c", "cat", "sh", "/tmp/turn-2/.codex/config.toml", "x = 2"];
  const text = script({
    commands: [
      { ...run, at: "1", command: write, environment: {}, workingDir: undefined },
      { ...run, at: "1", command: other, environment: {}, workingDir: undefined },
      { ...run, command: ["codex", "exec", "--json", "List"], environment, workingDir: "/tmp/turn-1/work" },
    ],
    scripts: ["turn-1", "turn-2"].map((id) => ({ id, script: { match: { includes: id }, turns: [{ say: "x" }] } })),
    story: { what: "no call", sent: 'codex exec --json "List"' },
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
    text: "TCP from lan to [fd00::2]:9100",
    from: { rig: "gateway", part: "lan-host" },
    to: { rig: "gateway", part: "gateway-host", network: "gc-1-gateway-lan", family: 6 },
    port: 9100,
    outcome: "connected",
  } as const;
  const told = { what: "it connects", sent: `${tried.text}\nand 3 more` };

  test("is tried again from the same machine, at the address that the target has on this network", () => {
    const text = script({ connections: [tried], story: told });
    expect(spawnSync("bash", ["-n"], { input: text }).status).toBe(0);
    expect(text).toContain("# In the run: connected");
    expect(text).toContain(
      'connect "$(part lan-host gateway)" "$(address gateway-host gateway "$run"-gateway-lan GlobalIPv6Address)" 9100',
    );
  });

  test("to a name that is not known there is a look-up", () => {
    const unknown = {
      ...tried,
      text: "TCP from lan to litellm:80",
      to: { name: "litellm" },
      outcome: "name not found",
    };
    const text = script({ connections: [unknown], story: { what: "does not connect", sent: unknown.text } });
    expect(text).toContain('docker exec "$(part lan-host gateway)" getent ahosts litellm || echo "name not found"');
  });

  test("that the failure does not tell of is none of it", () => {
    expect(script({ connections: [tried] })).toContain("The check sent nothing");
  });
});
