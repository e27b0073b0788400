import { expect, test } from "vitest";
import type { Policy } from "../../../helpers/deployment/types.ts";
import { disguises, equivalentPaths, isPublicInEveryForm, lookAlikes } from "./path-forms.ts";

const open = (path: string, below: boolean) => ({ path, below, why: "", status: 200, location: { file: "", line: 1 } });
const policy = { publicPaths: [open("/ui", true), open("/openapi.json", false)] } as unknown as Policy;

test.each([
  ["/ui/../v1/models", "/v1/models"],
  ["/ui/%2e%2e/v1/models", "/v1/models"],
  ["/ui/..;x=1/../v1/models", "/v1/models"],
  ["//v1//models", "/v1/models"],
  ["/ui/.%2E/v1/models?x", "/v1/models"],
])("%s is equivalent to %s", (target, path) => {
  expect(equivalentPaths(target)).toContain(path);
  expect(isPublicInEveryForm(policy, target)).toBe(false);
});

test.each(["/ui", "/ui/", "/ui/a.js?x=/v1/models", "/openapi.json"])("%s is public in every form", (target) => {
  expect(isPublicInEveryForm(policy, target)).toBe(true);
});

test("look-alikes cover every public path, and none of them is public", () => {
  expect(lookAlikes(policy)).toEqual(expect.arrayContaining(["/uix", "/ui-admin", "/openapi.json/below", "/UI"]));
});

test.each(["/ui/%252e%252e/v1/models", "/ui/..%2fv1/models"])(
  "%s stays below /ui: it is not equivalent to a private path",
  (target) => {
    expect(disguises(policy, "/v1/models").map((one) => one.target)).toContain(target);
    expect(isPublicInEveryForm(policy, target)).toBe(true);
  },
);
