import { expect, test } from "vitest";
import { loadSuites } from "../../helpers/requirements/suites.ts";
import { fakeCheck } from "../../suites/runner/deployment-run/check-run-fixture.ts";
import { kinds } from "../files/mutant.ts";
import { stagesFor } from "./check-selection.ts";

const edge = fakeCheck("ROUTE-10/edge");
const gateway = fakeCheck("ROUTE-10/gateway", { needs: ["edge", "gateway", "access-log"] });
const reachability = fakeCheck("REACH-01/reachability", { needs: ["reachability"] });
const testUpstreams = fakeCheck("CAT-02/test-upstreams", { needs: ["gateway", "testGateway"] });
const final = fakeCheck("INJ-09/final", { needs: ["secretSearch"], file: "suites/injected-key/secrets.final.ts" });
const checks = [edge, gateway, reachability, testUpstreams, final];

const idsOf = (kind: (typeof kinds)[number]): Record<string, string[]> =>
  Object.fromEntries(stagesFor(kind, checks).map((one) => [one.stage, one.checks.map(({ id }) => id)]));

test("every kind of mutant is detected by a suite, and suites name existing kinds", () => {
  const named = new Set(loadSuites().flatMap(({ detects }) => detects));
  expect([...named].sort()).toEqual([...kinds].sort());
});

test("checks that need only the edge rig run first, where the mutant changes that rig", () => {
  expect(idsOf("Traefik labels")).toEqual({ edge: [edge.id, final.id], gateway: [gateway.id, final.id] });
  expect(idsOf("LiteLLM config")).toEqual({ gateway: [gateway.id, reachability.id, final.id] });
});

test("only the suites that detect a kind are selected, and the final checks for every kind", () => {
  expect(idsOf("firewall")).toEqual({ gateway: [reachability.id, final.id] });
  expect(idsOf("client configs")).toEqual({ gateway: [final.id] });
});

test("a stage without checks is left out", () => {
  expect(stagesFor("firewall", [edge, testUpstreams])).toEqual([]);
});
