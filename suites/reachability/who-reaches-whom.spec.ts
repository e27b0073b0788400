import type { Reachability } from "../../containers/targets/reachability.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { leftOutPorts } from "../../helpers/deployment/services/left-out-ports.ts";
import type { Deployment, SourceLocation } from "../../helpers/deployment/types.ts";
import { adminListeners, socketMounts } from "../../helpers/reachability/admin-listeners.ts";
import {
  attemptText,
  causeOfDifference,
  expectCounted,
  expectDeclaredDenial,
  expectPolicy,
  type Pair,
  pairName,
  pairsOf,
  withOneCause,
} from "../../helpers/reachability/failures.ts";
import { loopbackLine } from "../../helpers/reachability/firewall-side-traffic.ts";
import type { Cell } from "../../helpers/reachability/matrix.ts";
import { familyOf, type Sweep } from "../../helpers/reachability/sweep.ts";
import { fateOf, tableOfPairs } from "../../helpers/reachability/table.ts";
import { check } from "../runner/check.ts";
import type { Evidence } from "../runner/evidence.ts";
import { expectNobodyElse, socketFailure } from "./support/admin-access.ts";
import { type JudgedMatrix, judgedMatrix } from "./support/judged-matrix.ts";

check({
  id: "REACH-01/lan-allowed-ports",
  requirements: ["REACH-01"],
  title: "every port that the policy opens to the LAN connects from a LAN host",
  needs: ["reachability"],
  slow: true,
  async run({ reachability, evidence }) {
    const matrix = await judgedMatrix(reachability, evidence);
    const allowed = matrix.cells.filter((cell) => isIpv4(cell) && cell.from === "lan" && cell.rule !== undefined);
    if (!reachability.policy.reach.some(({ from }) => from === "lan"))
      evidence.notSupported("the policy opens nothing to the LAN (reach)");
    comparePairs(evidence, allowed);
    await forEachPair("the LAN reaches what the policy allows", allowed, matrix, reachability.deployment);
  },
});

check({
  id: "REACH-02/lan-nothing-else",
  requirements: ["REACH-02"],
  title: "a LAN host reaches nothing else, on any port of any part",
  needs: ["reachability"],
  async run({ reachability, evidence }) {
    const matrix = await judgedMatrix(reachability, evidence);
    const denied = matrix.cells.filter(
      (cell) => isIpv4(cell) && cell.from === "lan" && cell.to !== "outside" && cell.rule === undefined,
    );
    comparePairs(evidence, denied);
    await forEachPair(
      "the LAN reaches nothing that the policy does not allow",
      denied,
      matrix,
      reachability.deployment,
    );
    const leftOut = leftOutPorts(reachability.deployment).map(({ service, port }) => `${port.host} (${service.key})`);
    if (leftOut.length > 0)
      evidence.finding(`Not proved for ports of services that the run leaves out: ${leftOut.join(", ")}.`);
  },
});

check({
  id: "REACH-03/denials-as-the-policy-says",
  requirements: ["REACH-03"],
  title: "each denial looks as the policy says, and is counted",
  needs: ["reachability"],
  async run({ reachability, evidence }) {
    const { firewall } = reachability.policy;
    if (firewall === undefined) return evidence.notSupported(noFirewall);
    const matrix = await judgedMatrix(reachability, evidence);
    await forEachPair(
      "connections are denied as the policy declares",
      matrix.cells,
      matrix,
      reachability.deployment,
      expectDeclaredDenial,
    );
    await forEachCase(
      "denied connections are counted",
      firewall.denials,
      ({ from }) => from,
      async (denial) => expectCounted(denial, matrix.cells, matrix.sweep, reachability.deployment),
    );
  },
});

check({
  id: "REACH-04/pairs-as-the-policy-says",
  requirements: ["REACH-04"],
  title: "each pair of parts connects or does not as the policy says",
  needs: ["reachability"],
  async run({ reachability, evidence }) {
    const matrix = await judgedMatrix(reachability, evidence);
    expectHostReachesItself(reachability.deployment, matrix.sweep);
    const others = matrix.cells.filter(
      (cell) => isIpv4(cell) && cell.from !== "lan" && (cell.to !== "outside" || cell.rule !== undefined),
    );
    comparePairs(evidence, others);
    await forEachPair("a pair connects, or does not, as the policy says", others, matrix, reachability.deployment);
    evidence.finding(`Not in the matrix, because they are the suite's own: ${reachability.ownParts.join(", ")}.`);
  },
});

check({
  id: "REACH-05/nothing-leaves",
  requirements: ["REACH-05"],
  title: "nothing reaches the outside except what the policy allows",
  needs: ["reachability"],
  async run({ reachability, evidence }) {
    const matrix = await judgedMatrix(reachability, evidence);
    const { accepted, control } = matrix.sweep.sentinel;
    if (!accepted[control]) throw new Error("the sentinel did not count the control connection");
    const outgoing = matrix.cells.filter((cell) => isIpv4(cell) && cell.to === "outside" && cell.rule === undefined);
    if (outgoing.length === 0) evidence.notSupported(noFirewall);
    comparePairs(evidence, outgoing);
    await forEachPair(
      "nothing reaches the outside that the policy does not allow",
      outgoing,
      matrix,
      reachability.deployment,
    );
    if (reachability.policy.firewall !== undefined) expectSentinelNotReached(reachability, matrix);
    expectNoCallsHome(reachability, matrix.sweep);
  },
});

check({
  id: "REACH-08/ipv6-as-ipv4",
  requirements: ["REACH-08"],
  title: "IPv6 connections end as IPv4 connections do",
  needs: ["reachability"],
  async run({ reachability, evidence }) {
    const matrix = await judgedMatrix(reachability, evidence);
    const { cells, sweep } = matrix;
    const withAddress = sweep.sites.filter(({ addresses }) => addresses.some(({ address }) => address.includes(":")));
    if (withAddress.length === 0) evidence.notSupported("the engine's machine has no IPv6");
    // What is wrong over IPv4 fails its own requirement.
    const right = new Set(
      cells.filter((cell) => isIpv4(cell) && cell.verdict !== "open" && cell.verdict !== "blocked").map(keyOf),
    );
    const compared = cells.filter((cell) => cell.family === 6 && right.has(keyOf(cell)));
    if (!compared.some(({ verdict }) => verdict === "allowed" || verdict === "blocked"))
      evidence.notSupported("the policy allows no connection between places that have an IPv6 address");
    await forEachPair("IPv6 connections end as IPv4 connections do", compared, matrix, reachability.deployment);
    const without = sweep.sites.filter((site) => !withAddress.includes(site)).map(({ name }) => name);
    if (without.length > 0) evidence.finding(`Without an IPv6 address: ${without.join(", ")}.`);
  },
});

// In this file, because all checks of a file share one sweep: the next one would take the attempts of this one for the parts' own.
check({
  id: "REACH-10/administrative-listeners",
  requirements: ["REACH-10"],
  title: "no container reaches an administrative listener but those that the policy names",
  needs: ["reachability"],
  async run({ reachability, evidence }) {
    const { deployment, policy } = reachability;
    const listeners = adminListeners(deployment);
    const sockets = socketMounts(deployment).filter(({ service }) => !policy.dockerSocket.includes(service));
    if (listeners.length === 0 && sockets.length === 0)
      evidence.notSupported(
        "the deployment has no administrative listener: no database, Redis, API of Traefik or engine's socket",
      );
    const matrix = await judgedMatrix(reachability, evidence);
    const cases = [
      ...listeners.map((listener) => ({
        name: `${listener.name} (${listener.service})`,
        judge: () => expectNobodyElse(reachability, matrix, listener),
      })),
      ...sockets.map((socket) => ({
        name: `the engine's socket in ${socket.service}`,
        judge: (): void => {
          throw socketFailure(socket);
        },
      })),
    ];
    await forEachCase(
      "only those whom the policy names reach it",
      cases,
      ({ name }) => name,
      async ({ judge }) => judge(),
    );
    const names = listeners.map(({ name, service }) => `${name} (${service})`);
    evidence.finding(`Administrative listeners: ${names.join(", ") || "none"}.`);
  },
});

/** Why what only a firewall can deny is not judged. */
const noFirewall = "the policy names no firewall, and docker denies nothing on the way out";

/** Each pair of the matrix as a case of the report's picture: the ports that the policy allows, and those that connect. */
function comparePairs(evidence: Evidence, cells: readonly Cell[]): void {
  for (const pair of pairsOf(cells)) {
    const [first] = pair.cells;
    if (first === undefined) continue;
    const allowed = [...new Set(pair.cells.flatMap(({ port, rule }) => (rule === undefined ? [] : [port])))];
    evidence.compare("reachability", {
      row: first.from,
      column: first.to,
      expected: allowed.length === 0 ? "nothing" : allowed.join(", "),
      found: fateOf(pair.cells),
      holds: pair.cells.every(({ verdict }) => verdict !== "open" && verdict !== "blocked"),
    });
  }
}

/** Judges each pair of sites that has cells, by the policy where nothing else is said; the failure shows the rows and columns of the failed pairs too. */
async function forEachPair(
  what: string,
  cells: readonly Cell[],
  matrix: JudgedMatrix,
  deployment: Deployment,
  judge: (pair: Pair, deployment: Deployment) => void = expectPolicy,
): Promise<void> {
  const pairs = pairsOf(cells).flatMap((pair) => withOneCause(pair, (cell) => causeOfDifference(cell, deployment)));
  try {
    await forEachCase(what, pairs, pairName, async (pair) => judge(pair, deployment));
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    const { summary, cases = [] } = error.details;
    const failed = pairs.filter((pair) => cases.some((one) => one.case === pairName(pair)));
    if (failed.length === 0) throw error;
    const table = tableOfPairs(matrix.cells, failed);
    const whole = "the whole matrix is in the check's evidence: matrix.txt";
    throw new CheckFailure({ ...error.details, summary: [summary, table, whole].join("\n") });
  }
}

function isIpv4({ family }: Cell): boolean {
  return family === 4;
}

function keyOf({ from, to, port }: Cell): string {
  return `${from} ${to} ${port}`;
}

function expectHostReachesItself(deployment: Deployment, { hostSelfFailures: failures }: Sweep): void {
  const [first] = failures;
  if (first === undefined) return;
  const connections = failures.map(({ from, address, port }) => attemptText({ from, to: address, port }));
  const outcomes = [...new Set(failures.map(({ outcome }) => outcome))].join(", ");
  throw new CheckFailure({
    summary: `the gateway host does not reach itself on ${failures.length} ports and addresses where something listens`,
    code: "host-not-reached-by-itself",
    expected: "connected",
    actual: outcomes,
    evidence: { sent: connections.join("\n"), received: outcomes, connections },
    cause: "its firewall denies connections of the host to itself",
    location: loopbackLine(familyOf(first.address), deployment) ?? firewallOr(deployment.policy),
    fix: "accept what arrives on the interface lo",
  });
}

function expectSentinelNotReached({ policy }: Reachability, { cells, sweep }: JudgedMatrix): void {
  const { accepted, control } = sweep.sentinel;
  const allowed = new Set(policy.reach.filter(({ to }) => to === "outside").flatMap(({ ports }) => ports));
  const reached = Object.keys(accepted)
    .map(Number)
    .filter((port) => port !== control && !allowed.has(port));
  if (reached.length === 0) return;
  const connections = cells
    .filter(({ to, outcome, port }) => to === "outside" && outcome === "connected" && reached.includes(port))
    .map(({ from, address, port }) => attemptText({ from, to: address, port }));
  throw new CheckFailure({
    summary: `the sentinel outside was reached on ${reached.join(", ")}`,
    code: "sentinel-reached",
    expected: `connections only on ${[control, ...allowed].join(", ")}`,
    actual: reached.map((port) => `${accepted[port]} connections on ${port}`).join(", "),
    evidence: { sent: connections.join("\n"), connections },
    cause: "the firewall lets more out than the policy allows",
    location: firewallOr(policy),
  });
}

function expectNoCallsHome({ policy }: Reachability, { sites, before }: Sweep): void {
  const outgoing = policy.reach.filter(({ to }) => to === "outside");
  const names = new Map(sites.flatMap(({ name, addresses }) => addresses.map(({ address }) => [address, name])));
  const undeclared = before.filter(
    ({ source, port }) => !outgoing.some(({ from, ports }) => from === names.get(source) && ports.includes(port)),
  );
  if (undeclared.length === 0) return;
  const attempts = undeclared.map(({ source, target, port }) => `TCP from ${names.get(source)} to ${target}:${port}`);
  throw new CheckFailure({
    summary: "a part tried to reach the outside by itself",
    code: "call-home",
    expected: "no connection that the policy does not allow",
    actual: attempts.join(", "),
    evidence: { sent: attempts.join("\n"), received: "nothing: it was denied" },
    cause: "the part calls home",
    location: { file: policy.file, line: 1 },
    fix: "switch that off, or allow it under 'reach' in policy.yaml",
  });
}

function firewallOr({ firewall, file }: Reachability["policy"]): SourceLocation {
  return firewall?.location ?? { file, line: 1 };
}
