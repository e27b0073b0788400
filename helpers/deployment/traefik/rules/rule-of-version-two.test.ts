import { expect, test } from "vitest";
import { parseRule, RuleError } from "./rule.ts";
import { parseLiveRule, ruleOfVersionTwo } from "./rule-of-version-two.ts";

const host = (name: string) => ({ kind: "matcher", name: "Host", args: [name] });
const prefix = (path: string) => ({ kind: "matcher", name: "PathPrefix", args: [path] });

test("a matcher with several values matches any of them", () => {
  expect(ruleOfVersionTwo("Host(`a.lan`, `b.lan`) && PathPrefix(`/v1`, `/chat`, `/mcp`)")).toMatchObject({
    kind: "and",
    left: { kind: "or", left: host("a.lan"), right: host("b.lan") },
    right: {
      kind: "or",
      left: { kind: "or", left: prefix("/v1"), right: prefix("/chat") },
      right: prefix("/mcp"),
    },
  });
});

test.each(["HostRegexp(`{name:.+}.lan`)", "Path(`/{x}`)", "Query(`a=b`)", "Headers(`X-A`, `b`)", "Host(`a.lan`"])(
  "%s has no equal in version 3, or does not parse",
  (text) => {
    expect(ruleOfVersionTwo(text)).toBeUndefined();
  },
);

test.each(["Headers(`X-A`, `b`)", "Host(`a.lan`"])("%s is the live rule of no router", (text) => {
  expect(() => parseLiveRule(text)).toThrow(RuleError);
});

test("version 3 refuses several values, and its own syntax comes first for a live rule", () => {
  expect(() => parseRule("Host(`a.lan`, `b.lan`)")).toThrow(/Host takes 1 value, not 2/);
  expect(parseLiveRule("Host(`a.lan`, `b.lan`)")).toMatchObject({ kind: "or" });
  const text = "HostRegexp(`^[a-z]{2}\\.lan$`)";
  expect(parseLiveRule(text)).toEqual(parseRule(text));
});
