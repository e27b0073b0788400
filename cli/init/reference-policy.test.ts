import { join } from "node:path";
import { expect, test } from "vitest";
import { runConfig } from "../../helpers/core/run-config.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { findProjects } from "../../helpers/deployment/infer/files/projects.ts";
import { hostValues } from "../../helpers/deployment/infer/host/host-values.ts";
import { decide } from "../../helpers/deployment/policy/access.ts";
import { readPolicy, readPolicyFile } from "../../helpers/deployment/policy/read-policy.ts";
import { FaultList } from "../../helpers/deployment/source/fault-list.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import type { Policy } from "../../helpers/deployment/types.ts";
import { derivePolicy } from "./derive-policy.ts";

const silent = new Progress({ write: () => true });

/** The policy that `init --offline` derives for a copy of the reference deployment without its policy. */
async function derivedOffline(): Promise<{ derived: Policy; text: string }> {
  using copy = patchedCopy("deployments/reference", [{ file: "policy.yaml", remove: true }]);
  const { folder } = copy;
  const projects = findProjects(folder);
  const options = { folder, projects, host: hostValues(folder, projects), config: runConfig(), progress: silent };
  const { text } = await derivePolicy({ ...options, isOffline: true });
  const faults = new FaultList();
  const { policy } = readPolicyFile(join(folder, "policy.yaml"), faults, text);
  expect(faults.faults).toEqual([]);
  if (policy === undefined) throw new Error("the derived policy has no faults and can't be read");
  return { derived: policy, text };
}

/** The items of a list by their own values: without where they are written, in one order. */
function plain<Item extends { location: unknown }>(
  items: readonly Item[],
  without: readonly (keyof Item)[] = [],
): unknown[] {
  return items
    .map((item) => {
      const left = Object.entries(item).filter(([key]) => key !== "location" && !without.some((one) => one === key));
      return JSON.stringify(Object.fromEntries(left.toSorted(([a], [b]) => (a < b ? -1 : 1))));
    })
    .toSorted();
}

const { derived, text } = await derivedOffline();
const written = readPolicy("deployments/reference/policy.yaml");

test("the hosts are those of the policy that was written by hand", () => {
  expect(plain(derived.hosts)).toEqual(plain(written.hosts));
});

/** Paths of the reference's rules, around them, and others. */
const probePaths = [
  ...written.publicPaths.flatMap(({ path }) => [path, `${path}/`, `${path}/below`, `${path}x`]),
  ...written.injectedRoutes.flatMap(({ path }) => [path, `${path}/`, `${path}/below`]),
  ...["/", "/mcp", "/mcp/", "/v1/models", "/v1/chat/completions", "/key/generate", "/health/liveliness", "/unknown"],
];

/** What decides on a request, without the line that says so. */
function decision(policy: Policy, host: string, request: { method: string; path: string }): unknown {
  const own = policy.hosts.find(({ name }) => name === host);
  if (own === undefined) throw new Error(`no host ${host}`);
  const { location: _, ...decided } = decide(policy, own, request);
  if ("rule" in decided) return { ...decided, rule: decided.rule.statuses };
  return "route" in decided ? { who: decided.who, secret: decided.route.secret } : decided;
}

test.each(written.hosts.map(({ name }) => name))("who may reach what on %s is the same", (host) => {
  const requests = ["GET", "POST", "DELETE"].flatMap((method) => probePaths.map((path) => ({ method, path })));
  const decisions = requests.map((request) => decision(derived, host, request));
  expect(decisions).toEqual(requests.map((request) => decision(written, host, request)));
  expect(new Set(decisions.map((one) => JSON.stringify(one))).size).toBeGreaterThan(4);
});

test("injected routes, models, secrets, reach and firewall are derived as they are written", () => {
  expect(plain(derived.injectedRoutes)).toEqual(plain(written.injectedRoutes));
  expect(plain(derived.models)).toEqual(plain(written.models));
  expect(plain(derived.secrets)).toEqual(plain(written.secrets));
  expect(plain(derived.reach)).toEqual(plain(written.reach));
  expect(derived.firewall?.interfaces).toEqual(written.firewall?.interfaces);
  expect(derived.firewall?.denials.map(({ from, by, counter }) => [from, by, counter.value])).toEqual(
    written.firewall?.denials.map(({ from, by, counter }) => [from, by, counter.value]),
  );
});

test("the upstreams are derived as they are written, except for their tools, which only the servers know", () => {
  expect(plain(derived.upstreams, ["tools"])).toEqual(plain(written.upstreams, ["tools"]));
});

test("the clients are derived as they are written, except for Codex's version, which no file names", () => {
  const own = ({ kind, from, config }: Policy["clients"][number]): string =>
    [kind, from, config?.split("/").at(-1)].join(" ");
  expect(derived.clients.map(own).toSorted()).toEqual(written.clients.map(own).toSorted());
});

test("what can't be derived is a question", () => {
  expect(text).toMatch(/# QUESTION: which keys of scoped_keys\.authenticate see the tools of some servers only\?/);
  expect(text).toMatch(/# QUESTION: which tools must it offer\?/);
  expect(derived.mcp.scopedKeys).toEqual([]);
});
