import { expect, test } from "vitest";
import { hostlessRequests } from "./hostless-requests.ts";

const unknown = "unknown.example";

test.for([
  ["a rule without a host", "PathPrefix(`/ui`)", ["/ui"], /^its rule names no host/],
  [
    "an alternative outside the parentheses of the host",
    "Host(`a.example`) && (Path(`/ui`) || Path(`/docs`)) || Path(`/get_image`)",
    ["/get_image"],
    /^Path\(`\/get_image`\) alone satisfies its rule/,
  ],
  [
    "alternatives without any parentheses",
    "Host(`a.example`) && Path(`/ui`) || Path(`/docs`) || PathPrefix(`/swagger/`)",
    ["/docs", "/swagger/"],
    /^Path\(`\/docs`\) alone/,
  ],
] as const)("%s takes requests to an unknown host", ([_, rule, paths, cause]) => {
  const found = hostlessRequests(rule, unknown);
  expect(found.map(({ request }) => request.path)).toEqual(paths);
  expect(found[0]?.cause).toMatch(cause);
});

test("a request has the headers, the method and the parameters that its alternative asks for", () => {
  const rule =
    "Host(`a.example`) || Method(`POST`) && Path(`/v1/models`) && Header(`X-Team`, `one`) && Query(`a`, `b`)";
  const [found] = hostlessRequests(rule, unknown);
  expect(found?.request).toMatchObject({
    method: "POST",
    path: "/v1/models",
    headers: [["X-Team", "one"]],
    query: [["a", "b"]],
  });
});

test.for([
  "Host(`a.example`) && (Path(`/ui`) || Path(`/docs`))",
  "Host(`a.example`) && Path(`/ui`) || Host(`b.example`)",
  "HostRegexp(`^a\\.`) && PathPrefix(`/`)",
  "(Path(`/ui`) || Path(`/docs`)) && !Host(`a.example`)",
  "Host(`a.example`, `b.example`) && Headers(`X-A`, `b`) || Path(`/in the syntax of v2`)",
])("%s has a host in every alternative, or has no equal in version 3", (rule) => {
  expect(hostlessRequests(rule, unknown)).toEqual([]);
});
