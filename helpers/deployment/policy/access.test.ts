import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DeploymentError } from "../../core/errors.ts";
import { agentHostOf, decide, onlyRedirects } from "./access.ts";
import { readPolicy } from "./read-policy.ts";
import type { Policy } from "./types.ts";

/** Reads a policy with one host, and the rest of the policy. */
function policyWith(rules: readonly string[], rest = ""): Policy {
  const folder = mkdtempSync(join(tmpdir(), "access-"));
  try {
    const file = join(folder, "policy.yaml");
    const access = rules.length === 0 ? "" : `    access:\n${rules.map((rule) => `      - ${rule}\n`).join("")}`;
    const host = "  - name: api.example.dev\n    entry_point: websecure\n    scheme: https\n    zone: external\n";
    writeFileSync(file, `hosts:\n${host}${access}${rest}`);
    return readPolicy(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function decisionOf(policy: Policy, method: string, path: string): ReturnType<typeof decide> {
  const [host] = policy.hosts;
  if (host === undefined) throw new Error("the policy has no host");
  return decide(policy, host, { method, path });
}

function who(policy: Policy, method: string, path: string): string {
  return decisionOf(policy, method, path).who;
}

describe("a host without access", () => {
  const policy = policyWith(
    [],
    `public:
  - { path: /ui, below: true, status: 307, why: the UI }
  - { path: /docs, why: documentation }
injected:
  - { path: /status, hosts: [api.example.dev], secret: KEY }
secrets:
  - { name: KEY, kind: api-key, may_be_in: [litellm.environment, traefik.labels, traefik.api] }
`,
  );

  test.each([
    ["GET", "/ui", "anyone"],
    ["POST", "/ui/", "anyone"],
    ["GET", "/ui/a/b?c=d", "anyone"],
    ["GET", "/uix", "bearer"],
    ["GET", "/docs", "anyone"],
    ["GET", "/docs/below", "bearer"],
    ["GET", "/status", "injected"],
    ["GET", "/status?x=1", "injected"],
    ["POST", "/status", "bearer"],
    ["GET", "/v1/models", "bearer"],
  ])("is split: %s %s is for %s", (method, path, expected) => {
    expect(who(policy, method, path)).toBe(expected);
  });

  test("refuses as the policy says, and names its lines", () => {
    expect(decisionOf(policy, "GET", "/v1/models")).toMatchObject({
      refusal: { statuses: [401], challenge: "Bearer" },
    });
    expect(decisionOf(policy, "GET", "/docs")).toMatchObject({ rule: { statuses: [200] }, location: { line: 8 } });
  });
});

describe("rules", () => {
  test("match in their order, by path and method", () => {
    const policy = policyWith([
      "{ methods: [OPTIONS], who: anyone }",
      "{ paths: [/ui, /ui/**], methods: [GET], who: anyone, status: 200 }",
      "{ paths: [/admin/**], who: nobody, status: 404 }",
      "{ paths: [/ping], who: nobody, status: 200 }",
      "{ who: bearer, status: 403 }",
    ]);
    expect(who(policy, "OPTIONS", "/admin/x")).toBe("anyone");
    expect(who(policy, "GET", "/ui/x")).toBe("anyone");
    expect(who(policy, "POST", "/ui/x")).toBe("bearer");
    expect(who(policy, "GET", "/admin")).toBe("bearer");
    expect(decisionOf(policy, "GET", "/admin/x")).toMatchObject({ who: "nobody", refusal: { statuses: [404] } });
    expect(decisionOf(policy, "GET", "/ping")).toMatchObject({ who: "nobody", refusal: { statuses: [200] } });
    expect(decisionOf(policy, "GET", "/x")).toMatchObject({ refusal: { statuses: [403], challenge: undefined } });
  });

  test("that match nothing refuse, with any status", () => {
    const policy = policyWith(["{ paths: [/v1/models], who: litellm }"]);
    expect(who(policy, "GET", "/v1/models")).toBe("litellm");
    expect(decisionOf(policy, "GET", "/v1/modelsx")).toMatchObject({ who: "nobody", refusal: { statuses: [] } });
  });

  test("of one kind make a host that only redirects, which injects nothing", () => {
    const policy = policyWith(["{ who: redirect, to: 'https://other.example' }"]);
    expect(policy.hosts.map((host) => onlyRedirects(policy, host))).toEqual([true]);
    expect(decisionOf(policy, "GET", "/")).toMatchObject({ who: "redirect", to: "https://other.example" });
  });
});

test.each([
  [
    "a rule behind one that takes everything",
    ["{ who: litellm }", "{ paths: [/ui], who: anyone }"],
    /'\/ui' never applies: the rule in line 7/,
  ],
  ["a last rule behind another one", ["{ who: bearer }", "{ who: nobody }"], /the rule never applies/],
  [
    "a path below an earlier one",
    ["{ paths: [/ui/**], who: anyone }", "{ paths: [/ui/a], who: nobody }", "{ who: bearer }"],
    /'\/ui\/a' never applies/,
  ],
  ["a login without a service", ["{ who: login }"], /a login rule without a service/],
  [
    "a service of another rule",
    ["{ who: litellm, service: authelia }"],
    /'service' does not belong to a rule with 'who: litellm'/,
  ],
  ["a redirect without its end", ["{ who: redirect, to: https }"], /redirects to https: the redirect never ends/],
  ["a redirect to nowhere", ["{ who: redirect }"], /a redirect without 'to'/],
  ["everything public", ["{ who: anyone }"], /makes everything public/],
  ["MCP public", ["{ paths: [/mcp/**], who: anyone }", "{ who: bearer }"], /opens MCP to everyone/],
  ["a refusal that is none", ["{ who: bearer, status: 200 }"], /200 is not an answer of a rule with 'who: bearer'/],
  ["a challenge without a 401", ["{ who: bearer, status: 403, challenge: Bearer }"], /a challenge belongs to a 401/],
  [
    "a pattern inside of a path",
    ["{ paths: [/ui*], who: anyone }", "{ who: bearer }"],
    /contains a pattern or a space/,
  ],
])("%s is a fault with its line", (_, rules, fault) => {
  let thrown: unknown;
  try {
    policyWith(rules);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DeploymentError);
  expect(String(thrown)).toMatch(fault);
  expect(String(thrown)).toMatch(/policy\.yaml:[5-9]/);
});

test("what is behind a rule of other methods still applies", () => {
  const rules = [
    "{ paths: [/ui/**], methods: [GET], who: anyone }",
    "{ paths: [/ui/a], who: nobody }",
    "{ who: bearer }",
  ];
  expect(who(policyWith(rules), "POST", "/ui/a")).toBe("nobody");
});

test("'public' that applies to no host is a fault", () => {
  expect(() => policyWith(["{ who: litellm }"], "public:\n  - { path: /docs, why: documentation }\n")).toThrow(
    /'public' applies to no host/,
  );
});

test("an agent uses the host that lets models and MCP through with a key: an internal one where there is one", () => {
  const open = ["{ who: litellm }"];
  const ui =
    "  - { name: ui.lan, entry_point: web, scheme: http, zone: internal, access: [{ who: login, service: sso }] }\n";
  const keys = "  - { name: llm.lan, entry_point: web, scheme: http, zone: internal, access: [{ who: litellm }] }\n";
  const back =
    "  - { name: old.lan, entry_point: web, scheme: http, zone: internal, access: [{ who: redirect, to: https }] }\n";
  expect(agentHostOf(policyWith(open))?.name).toBe("api.example.dev");
  expect(agentHostOf(policyWith(open, ui))).toBeUndefined();
  expect(agentHostOf(policyWith(open, ui + keys))?.name).toBe("llm.lan");
  expect(agentHostOf(policyWith(open, back))?.name).toBe("api.example.dev");
  const chats = "{ paths: [/v1/chat/completions, /mcp/], who: litellm }";
  expect(agentHostOf(policyWith([chats, "{ who: nobody, status: 403 }"]))).toBeUndefined();
});
