import { basename } from "node:path";
import type { Reach } from "../../containers/targets/reachability.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import {
  attemptText,
  mustBeAsWritten,
  mustBeCounted,
  mustBeDeniedAsWritten,
  type Pair,
  pairName,
  pairsOf,
} from "../../helpers/reachability/failures.ts";
import { type Cell, judge } from "../../helpers/reachability/matrix.ts";
import { matrixPicture } from "../../helpers/reachability/picture.ts";
import type { Sweep } from "../../helpers/reachability/sweep.ts";
import { matrixTable } from "../../helpers/reachability/table.ts";
import { conformance, type Evidence } from "../runner/conformance.ts";

/** What is judged, once for each check; the matrix is kept with each, so that a failure can be looked at. */
async function judged(reach: Reach, evidence: Evidence): Promise<{ sweep: Sweep; cells: Cell[]; table: string }> {
  const sweep = await reach.sweep();
  const cells = judge(reach.policy, sweep);
  const table = matrixTable(cells);
  await Promise.all([
    evidence.keep(
      "matrix.json",
      JSON.stringify(
        cells.map(({ rule, ...cell }) => ({ ...cell, rule: rule?.location.line })),
        null,
        1,
      ),
    ),
    evidence.keep("matrix.txt", `${table}\n`),
    evidence.keep(
      "matrix.svg",
      matrixPicture(cells, { deployment: basename(reach.deployment.folder), attempts: sweep.attempts.length }),
    ),
  ]);
  return { sweep, cells, table };
}

const isFour = ({ family }: Cell): boolean => family === 4;

async function forEachPair(
  what: string,
  pairs: readonly Pair[],
  table: string,
  check: (pair: Pair) => void,
): Promise<void> {
  try {
    await forEachCase(what, pairs, pairName, async (pair) => check(pair));
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    throw new CheckFailure({ ...error.story, what: `${error.story.what}\n${table}` });
  }
}

conformance(["REACH-01"], "what the policy opens to the LAN connects from a LAN host", async ({ reach, evidence }) => {
  const { cells, table } = await judged(reach, evidence);
  const allowed = cells.filter((cell) => isFour(cell) && cell.from === "lan" && cell.rule !== undefined);
  await forEachPair("the LAN reaches what it may", pairsOf(allowed), table, (pair) =>
    mustBeAsWritten(pair, reach.deployment),
  );
});

conformance(["REACH-02"], "a LAN host reaches nothing else, on any port of any part", async ({ reach, evidence }) => {
  const { cells, table } = await judged(reach, evidence);
  const denied = cells.filter(
    (cell) => isFour(cell) && cell.from === "lan" && cell.to !== "outside" && cell.rule === undefined,
  );
  await forEachPair("the LAN reaches nothing else", pairsOf(denied), table, (pair) =>
    mustBeAsWritten(pair, reach.deployment),
  );
});

conformance(["REACH-03"], "each denial is the policy's: told as it says, and counted", async ({ reach, evidence }) => {
  const { sweep, cells, table } = await judged(reach, evidence);
  const { firewall, file } = reach.policy;
  if (firewall === undefined) {
    throw new CheckFailure({
      what: "the policy names no firewall: nothing says how a denial looks, and nothing counts it",
      cause: "the gateway host has none, or 'firewall' is missing in policy.yaml",
      location: { file, line: 1 },
    });
  }
  await forEachPair("each denial is the policy's", pairsOf(cells), table, (pair) =>
    mustBeDeniedAsWritten(pair, reach.deployment),
  );
  await forEachCase(
    "each denial is counted",
    firewall.denials,
    ({ from }) => from,
    async (denial) => mustBeCounted(denial, cells, sweep),
  );
});

conformance(["REACH-04"], "each pair of parts talks or doesn't as the policy says", async ({ reach, evidence }) => {
  const { sweep, cells, table } = await judged(reach, evidence);
  const [deaf] = sweep.hostItself;
  if (deaf !== undefined) {
    throw new CheckFailure({
      what: `the gateway host does not reach itself on ${sweep.hostItself.length} ports and addresses where something listens`,
      sent: sweep.hostItself.map(({ from, address, port }) => attemptText({ from, to: address, port })).join("\n"),
      received: deaf.outcome,
      cause: "its firewall takes what the host sends to itself for a stranger's: accept what comes in by lo",
      location: reach.policy.firewall?.location ?? { file: reach.policy.file, line: 1 },
    });
  }
  const others = cells.filter(
    (cell) => isFour(cell) && cell.from !== "lan" && (cell.to !== "outside" || cell.rule !== undefined),
  );
  await forEachPair("the pair does as the policy says", pairsOf(others), table, (pair) =>
    mustBeAsWritten(pair, reach.deployment),
  );
  evidence.finding(`not in the matrix, because they are the suite's own: ${reach.ownParts.join(", ")}`);
});

conformance(["REACH-05"], "nothing reaches the outside but what the policy lets out", async ({ reach, evidence }) => {
  const { sweep, cells, table } = await judged(reach, evidence);
  const { accepted, control } = sweep.sentinel;
  if (!accepted[control]) throw new Error("the sentinel did not count the control");
  const out = cells.filter((cell) => isFour(cell) && cell.to === "outside" && cell.rule === undefined);
  await forEachPair("nothing else gets out", pairsOf(out), table, (pair) => mustBeAsWritten(pair, reach.deployment));
  const outgoing = reach.policy.reach.filter(({ to }) => to === "outside");
  const mayLeave = new Set(outgoing.flatMap(({ ports }) => ports));
  const met = Object.keys(accepted)
    .map(Number)
    .filter((port) => port !== control && !mayLeave.has(port));
  if (met.length > 0) {
    throw new CheckFailure({
      what: `the sentinel outside was met on ${met.join(", ")}`,
      sent: cells
        .filter(({ to, outcome, port }) => to === "outside" && outcome === "connected" && met.includes(port))
        .map(({ from, address, port }) => attemptText({ from, to: address, port }))
        .join("\n"),
      cause: "the firewall lets more out than the policy names",
      location: reach.policy.firewall?.location ?? { file: reach.policy.file, line: 1 },
    });
  }
  const sites = new Map(sweep.sites.flatMap(({ name, addresses }) => addresses.map(({ address }) => [address, name])));
  const tried = sweep.before.filter(
    ({ source, port }) => !outgoing.some(({ from, ports }) => from === sites.get(source) && ports.includes(port)),
  );
  if (tried.length > 0) {
    throw new CheckFailure({
      what: "a part tried to reach the outside by itself",
      sent: tried.map(({ source, target, port }) => `TCP from ${sites.get(source)} to ${target}:${port}`).join("\n"),
      received: "nothing: it was denied",
      cause: "it calls home; switch that off, or name it under 'reach'",
      location: { file: reach.policy.file, line: 1 },
    });
  }
});

conformance(["REACH-08"], "what holds for IPv4 holds for IPv6", async ({ reach, evidence }) => {
  const { sweep, cells, table } = await judged(reach, evidence);
  const withAddress = sweep.sites.filter(({ addresses }) => addresses.some(({ address }) => address.includes(":")));
  if (withAddress.length === 0) evidence.notSupported("the engine's machine has no IPv6");
  const right = new Set(
    cells.filter((cell) => isFour(cell) && cell.verdict !== "open" && cell.verdict !== "shut").map(keyOf),
  );
  const compared = cells.filter((cell) => cell.family === 6 && right.has(keyOf(cell)));
  if (!compared.some(({ verdict }) => verdict === "allowed" || verdict === "shut")) {
    throw new CheckFailure({ what: "not one connection that the policy allows could be tried over IPv6" });
  }
  await forEachPair("IPv6 does as IPv4", pairsOf(compared), table, (pair) => mustBeAsWritten(pair, reach.deployment));
  const without = sweep.sites.filter((location) => !withAddress.includes(location)).map(({ name }) => name);
  if (without.length > 0) evidence.finding(`without an IPv6 address: ${without.join(", ")}`);
});

function keyOf({ from, to, port }: Cell): string {
  return `${from} ${to} ${port}`;
}
