import { expect, test } from "vitest";
import { parseRule } from "./rule.ts";
import { samplesOf } from "./sample-text.ts";
import { alternativesOf, alternativeText, witnessesOf } from "./witness.ts";

const choices = { hosts: ["gateway.lan", "gateway.example"], paths: ["/v1/models", "/ui"], client: "172.17.0.1" };

const requestsOf = (rule: string) =>
  alternativesOf(parseRule(rule)).map((one) => {
    const witnesses = witnessesOf(one, choices);
    return "untried" in witnesses
      ? witnesses.untried
      : witnesses.requests.map(
          ({ host, method, path, headers, query }) =>
            `${method} ${host}${path}${query.map(([key, value]) => `?${key}=${value}`).join("")}${headers.map(([key, value]) => ` ${key}: ${value}`).join("")}`,
        );
  });

test("each way to satisfy a rule is an alternative of its own", () => {
  const rule =
    "Host(`gateway.lan`) && (HeaderRegexp(`Authorization`, `^Bearer .+`) || QueryRegexp(`key`, `^sk-`)) && !(Path(`/a`) || Method(`PUT`))";
  expect(alternativesOf(parseRule(rule)).map(alternativeText)).toEqual([
    "Host(`gateway.lan`) && HeaderRegexp(`Authorization`, `^Bearer .+`) && !Path(`/a`) && !Method(`PUT`)",
    "Host(`gateway.lan`) && QueryRegexp(`key`, `^sk-`) && !Path(`/a`) && !Method(`PUT`)",
  ]);
});

test("each alternative yields requests that satisfy it", () => {
  expect(
    requestsOf("Host(`gateway.lan`) && (HeaderRegexp(`Authorization`, `^Bearer .+`) || QueryRegexp(`key`, `^sk-`))"),
  ).toEqual([
    ["GET gateway.lan/v1/models Authorization: Bearer a", "GET gateway.lan/ui Authorization: Bearer a"],
    ["GET gateway.lan/v1/models?key=sk-", "GET gateway.lan/ui?key=sk-"],
  ]);
  expect(requestsOf("!Host(`gateway.lan`) && PathPrefix(`/api`) && Method(`PATCH`)")).toEqual([
    ["PATCH gateway.example/api", "PATCH gateway.example/api/gateway-conformance"],
  ]);
  expect(requestsOf("HostRegexp(`^.+\\.other$`) && PathRegexp(`^/(v1|v2)/\\d+`)")).toEqual([
    ["GET a.other/v1/1", "GET a.other/v2/1"],
  ]);
});

test("an address that no client has is reported, and one that it has is not", () => {
  expect(requestsOf("ClientIP(`10.0.0.0/8`)")).toEqual([
    "no client of this run has an address that fits ClientIP(`10.0.0.0/8`)",
  ]);
  expect(requestsOf("ClientIP(`172.16.0.0/12`) && Path(`/x`)")).toEqual([
    ["GET gateway.lan/x", "GET gateway.example/x"],
  ]);
});

test.for([
  ["(?i)^Bearer +\\S+$", ["Bearer a"]],
  ["^Bearer +\\S*$", ["Bearer a", "Bearer "]],
  ["^/(ui|docs)(/.*)?$", ["/ui/a", "/ui/", "/ui", "/docs/a", "/docs/", "/docs"]],
  ["[[:digit:]]{3}", ["111"]],
  ["\\p{Greek}", []],
  ["^[^a-z]{2}$", ["11"]],
] as const)("%s has these samples", ([pattern, samples]) => {
  expect(samplesOf(pattern)).toEqual(samples);
});
