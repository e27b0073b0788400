import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectEngine } from "../../../containers/engine/engine.ts";
import { Images } from "../../../containers/images/images.ts";
import { runConfig } from "../../../helpers/core/run-config.ts";
import { Progress } from "../../../helpers/core/terminal/progress.ts";
import { catalogueName } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { makeCanaries } from "../../../helpers/deployment/source/canaries.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import { type CheckRun, detected, messageOf } from "../../runner/deployment-run/check-run.ts";
import { DeploymentRun } from "../../runner/deployment-run/deployment-run.ts";
import { PartKeeper } from "../../runner/deployment-run/part-keeper.ts";
import { type LoadedCheck, loadChecks } from "../../runner/load-checks.ts";
import { brokenKeys } from "./broken-cases.ts";
import { bareNamesFound, faults } from "./faults.ts";
import { type Fault, FaultyFront } from "./faulty-front.ts";
import { rightGateways, wrongGateways } from "./session-cases.ts";

/** One gateway for all cases, with its test gateway: a front makes it faulty in one way after the other. */
const source = "deployments/examples/virtual-keys";

/** Fewer identities than the example's: each costs listings of every server by every way. */
const fewer = [
  "identities:",
  "  - { name: file reader, tools: { filesystem: [read_text_file, list_directory] } }",
  "  - { name: chat only, models: [gpt-5-mini] }",
];
/** The images may have to be built first. Milliseconds. */
const patience = 900_000;

let keeper: PartKeeper;
let run: DeploymentRun;
let front: FaultyFront;
let deployment: Deployment;
let checks: readonly LoadedCheck[];

beforeAll(async () => {
  const progress = new Progress({ write: () => true });
  const engine = await connectEngine({ progress });
  const policyText = readFileSync(join(source, "policy.yaml"), "utf8");
  const write = policyText.replace(/^identities:\n(?: .*\n)+/m, `${fewer.join("\n")}\n`);
  using copy = patchedCopy(source, [{ file: "policy.yaml", write }]);
  const config = { ...runConfig(), deployment: copy.folder };
  const images = new Images(engine, { ...config.images, progress });
  const asWritten = await loadDeployment(copy.folder);
  const values = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  const canaries = makeCanaries(asWritten.policy, values, asWritten.literals);
  deployment = await loadDeployment(copy.folder, { replace: canaries.secrets, literals: asWritten.literals });
  keeper = new PartKeeper(engine, images);
  run = new DeploymentRun({ engine, images, config, keeper, deployment, canaries });
  front = await FaultyFront.start(deployment.litellmConfig.masterKey);
  checks = (await loadChecks()).filter(({ id }) => id.startsWith("KEYS-") || id.startsWith("CAT-29/"));
  await Promise.all([run.prepare("gateway"), run.prepare("test-gateway")]);
}, patience);

afterAll(async () => {
  await front?.[Symbol.asyncDispose]();
  run?.[Symbol.dispose]();
  await keeper?.[Symbol.asyncDispose]();
});

async function runWith(fault: Fault, ids: readonly string[]): Promise<CheckRun[]> {
  front.fault = fault;
  const own = checks.filter(({ id }) => ids.includes(id));
  expect(own.map(({ id }) => id).sort()).toEqual([...ids].sort());
  return await run.runBehind((gateway) => front.inFrontOf(gateway), own);
}

test("the gateway as it is: every check of rights holds", { timeout: patience }, async () => {
  const runs = await runWith(
    FaultyFront.none,
    checks.map(({ id }) => id).filter((id) => id.startsWith("KEYS-")),
  );
  // The identities here are fewer than the example's, and have servers only.
  const others = runs.filter(({ record }) => record.outcome !== "passed").map(({ record }) => messageOf(record));
  expect(others).toEqual(["no identity of the policy is granted an access group"]);
});

test.for(brokenKeys)("$fault: the check of it fails, and says why", async ({ fault, fails }) => {
  const runs = await runWith(faults[fault], Object.keys(fails));
  for (const one of runs) {
    expect(detected(one), messageOf(one.record)).toBe(true);
    expect(messageOf(one.record)).toMatch(fails[one.check.id] ?? "");
  }
});

test("a bare tool name that reaches another server: the check of detours fails, and says how", async () => {
  const { litellmConfig, policy } = deployment;
  const fault = bareNamesFound((name) => {
    const owner = policy.upstreams.find(({ tools }) => tools.includes(name));
    return owner && catalogueName(litellmConfig, owner.name, name);
  });
  const [one] = await runWith(fault, ["KEYS-04/call-detours"]);
  expect(one?.record.failure?.message).toMatch(/a key for filesystem calls echo of everything as echo at \/mcp\//);
});

// Here and not in a file of their own, because the gateway is up: the sessions are the front's.
test.for(rightGateways)("a gateway that $gateway: the check holds", async ({ fault, check, finds = /(?:)/ }) => {
  const [one] = await runWith(fault, [check]);
  expect(one?.record.outcome, one && messageOf(one.record)).toBe("passed");
  expect(one?.record.findings.join()).toMatch(finds);
});

test.for(wrongGateways)("a gateway that $gateway: the check fails, and says why", async ({ fault, check, says }) => {
  const [one] = await runWith(fault, [check]);
  expect(one && detected(one), one && messageOf(one.record)).toBe(true);
  expect(one?.record.failure?.message).toMatch(says);
});
