import { expect, test } from "vitest";
import type { AccessRule, Policy, PolicyHost } from "../../../helpers/deployment/types.ts";
import { disguises, equivalentPaths, isOpenInEveryForm, lookAlikes, pathsBelow } from "./path-forms.ts";

const location = { file: "", line: 1 };
const rule = (who: AccessRule["who"], paths?: readonly string[]) => ({ who, paths, headers: [], location });
const host = {
  name: "api.example.dev",
  access: [rule("anyone", ["/ui", "/ui/**", "/openapi.json"]), rule("bearer")],
} as unknown as PolicyHost;
const policy = { hosts: [host], injectedRoutes: [], refusal: { status: 401, location } } as unknown as Policy;

test.each([
  ["/ui/../v1/models", "/v1/models"],
  ["/ui/%2e%2e/v1/models", "/v1/models"],
  ["/ui/..;x=1/../v1/models", "/v1/models"],
  ["//v1//models", "/v1/models"],
  ["/ui/.%2E/v1/models?x", "/v1/models"],
])("%s is equivalent to %s", (target, path) => {
  expect(equivalentPaths(target)).toContain(path);
  expect(isOpenInEveryForm(policy, host, target)).toBe(false);
});

test.each(["/ui", "/ui/", "/ui/a.js?x=/v1/models", "/openapi.json"])("%s is open in every form", (target) => {
  expect(isOpenInEveryForm(policy, host, target)).toBe(true);
});

test("look-alikes cover every open path, and none of them is open", () => {
  expect(lookAlikes(policy, host)).toEqual(expect.arrayContaining(["/uix", "/ui-admin", "/openapi.json/below", "/UI"]));
});

test("only a pattern has paths below it", () => {
  expect(pathsBelow("/ui")).toEqual([]);
  expect(pathsBelow("/ui/**")).toContain("/ui/index.html");
});

test.each(["/ui/%252e%252e/v1/models", "/ui/..%2fv1/models"])(
  "%s stays below /ui: it is not equivalent to a private path",
  (target) => {
    expect(disguises(policy, host, "/v1/models").map((one) => one.target)).toContain(target);
    expect(isOpenInEveryForm(policy, host, target)).toBe(true);
  },
);
