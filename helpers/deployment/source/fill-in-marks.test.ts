import { expect, test } from "vitest";
import { fillInMarks, withMarksFilledIn } from "./fill-in-marks.ts";

test.each([
  ["http://__MCP_HOST__:8000", ["__MCP_HOST__=MCP_HOST"]],
  ["Host(`{{ DOMAIN }}`) || Host(`{{DOMAIN}}`)", ["{{ DOMAIN }}=DOMAIN", "{{DOMAIN}}=DOMAIN"]],
  ["__A__ and __A__", ["__A__=A"]],
  ['__init__, __PATH_, A__B__C, {{ .Name }}, {{ env "X" }}, {{ user }}', []],
])("the marks in %s", (text, expected) => {
  expect(fillInMarks(text).map((mark) => `${mark.text}=${mark.name}`)).toEqual(expected);
});

test("marks are filled in, and one without a value stays", () => {
  expect(withMarksFilledIn("__A__/{{ B }}/__C__", (name) => ({ A: "1", B: "2" })[name])).toBe("1/2/__C__");
});
