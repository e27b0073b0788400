import { expect, test } from "vitest";
import { parseRule, RuleError } from "./rule.ts";

const host = { kind: "matcher", name: "Host", args: ["a.lan"] };
const path = { kind: "matcher", name: "Path", args: ["/ui"] };
const method = { kind: "matcher", name: "Method", args: ["GET"] };

test.each([
  ["Host(`a.lan`)", host],
  ['Host("a.lan")', host],
  ["Host(`a.lan`) && Path(`/ui`)", { kind: "and", left: host, right: path }],
  ["!Path(`/ui`)", { kind: "not", rule: path }],
  // && binds closer than ||, as in Traefik.
  [
    "Host(`a.lan`) && Path(`/ui`) || Method(`GET`)",
    { kind: "or", left: { kind: "and", left: host, right: path }, right: method },
  ],
  [
    "Host(`a.lan`) && (Path(`/ui`) || Method(`GET`))",
    { kind: "and", left: host, right: { kind: "or", left: path, right: method } },
  ],
  [
    "HeaderRegexp(`Authorization`, `(?i)^Bearer +\\S+$`)",
    { kind: "matcher", name: "HeaderRegexp", args: ["Authorization", "(?i)^Bearer +\\S+$"] },
  ],
])("%s is read as Traefik reads it", (text, rule) => {
  expect(parseRule(text)).toMatchObject(rule);
});

test("each part has its span in the text, including its parentheses", () => {
  const text = "Host(`a.lan`) && (!Path(`/ui`) || Method(`GET`))";
  const rule = parseRule(text);
  const written = ({ span }: typeof rule): string => text.slice(span.start, span.end);
  expect(written(rule)).toBe(text);
  if (rule.kind !== "and" || rule.right.kind !== "or") throw new Error("it is an 'and' of a matcher and an 'or'");
  expect([rule.left, rule.right, rule.right.left, rule.right.right].map(written)).toEqual([
    "Host(`a.lan`)",
    "(!Path(`/ui`) || Method(`GET`))",
    "!Path(`/ui`)",
    "Method(`GET`)",
  ]);
});

test.each([
  ["an open parenthesis", "Host(`a.lan`"],
  ["an open backtick", "Host(`a.lan)"],
  ["no operator", "Host(`a.lan`) Path(`/ui`)"],
  ["one ampersand", "Host(`a.lan`) & Path(`/ui`)"],
  ["an unknown matcher", "Hots(`a.lan`)"],
  ["a matcher without a value", "Host()"],
  ["single quotes", "Host('a.lan')"],
  ["a lookahead, which Go lacks", "PathRegexp(`^/(?!ui)`)"],
  ["a back reference, which Go lacks", "PathRegexp(`(a)\\1`)"],
  ["nothing", ""],
])("%s is refused", (_, text) => {
  expect(() => parseRule(text)).toThrow(RuleError);
});
