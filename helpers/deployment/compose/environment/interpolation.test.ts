import { expect, test } from "vitest";
import { interpolate } from "./interpolation.ts";

const variables = new Map([
  ["SET", "value"],
  ["EMPTY", ""],
]);

test.each([
  ["$SET", "value"],
  ["${SET}", "value"],
  ["a${SET}b", "avalueb"],
  ["$$SET", "$SET"],
  ["(?i)^Bearer +\\S+$$", "(?i)^Bearer +\\S+$"],
  ["${UNSET:-default}", "default"],
  ["${EMPTY:-default}", "default"],
  ["${EMPTY-default}", ""],
  ["${UNSET-default}", "default"],
  ["${SET:+instead}", "instead"],
  ["${UNSET:+instead}", ""],
  ["${SET:?must be set}", "value"],
  ["no variable", "no variable"],
  ["a lone $ sign", "a lone $ sign"],
])("%s is %s", (text, value) => {
  expect(interpolate(text, variables)).toEqual({ value, problems: [] });
});

test.each([
  ["$UNSET", "UNSET"],
  ["${UNSET}", "UNSET"],
  ["${UNSET:?must be set}", "UNSET"],
  ["${EMPTY:?must be set}", "EMPTY"],
])("%s is a problem that names the variable", (text, variable) => {
  const { problems } = interpolate(text, variables);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ variable, fix: expect.stringMatching(/\S/) });
});

test.each(["${SET", "${ SET}", "${}"])("%s is a problem", (text) => {
  expect(interpolate(text, variables).problems).not.toHaveLength(0);
});
