import { expect, test } from "vitest";
import { type HostlessRequest, hostlessRequests } from "./hostless-requests.ts";

const unknown = "unknown.example";

function requestsOf(rule: string): HostlessRequest[] {
  const found = hostlessRequests(rule, unknown);
  return "untried" in found ? expect.fail(found.untried) : found;
}

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
  const found = requestsOf(rule);
  expect(found.map(({ request }) => request.path)).toEqual(paths);
  expect(found[0]?.cause).toMatch(cause);
});

test("a request has the headers, the method and the parameters that its alternative asks for", () => {
  const rule =
    "Host(`a.example`) || Method(`POST`) && Path(`/v1/models`) && Header(`X-Team`, `one`) && Query(`a`, `b`)";
  const [found] = requestsOf(rule);
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
])("%s has a host in every alternative", (rule) => {
  expect(requestsOf(rule)).toEqual([]);
});

/** `or(2, "Path")`: `` (Path(`/0`) || Path(`/1`)) ``. */
function or(count: number, matcher: string): string {
  return `(${Array.from({ length: count }, (_, index) => `${matcher}(\`/${index}\`)`).join(" || ")})`;
}

test("a rule with many alternatives that all have a host is known to have one", () => {
  expect(requestsOf(`${or(30, "Host")} && ${or(30, "Path")}`)).toEqual([]);
});

test("of a rule with many alternatives, the one without a host is found", () => {
  const found = requestsOf(`${or(30, "Host")} && ${or(30, "Path")} || Path(\`/open\`)`);
  expect(found.map(({ request }) => request.path)).toEqual(["/open"]);
});

test.for([
  ["too many alternatives", `${or(30, "Path")} && ${or(30, "PathPrefix")}`, /more than 400 alternatives/],
  [
    "no equal in version 3",
    "Host(`a.example`, `b.example`) && Headers(`X-A`, `b`) || Path(`/in the syntax of v2`)",
    /./,
  ],
] as const)("a rule with %s is not proved, with the reason", ([_, rule, reason]) => {
  expect(hostlessRequests(rule, unknown)).toEqual({ untried: expect.stringMatching(reason) });
});
