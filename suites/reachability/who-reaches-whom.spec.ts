import { basename } from "node:path";
import type { Reach } from "../../containers/targets/reachability.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import {
  attemptText,
  mustBeCounted,
  mustBeDeniedAsDeclared,
  mustMatchPolicy,
  type Pair,
  pairName,
  pairsOf,
} from "../../helpers/reachability/failures.ts";
import { type Cell, judge } from "../../helpers/reachability/matrix.ts";
import { matrixPicture } from "../../helpers/reachability/picture.ts";
import type { Sweep } from "../../helpers/reachability/sweep.ts";
import { matrixTable } from "../../helpers/reachability/table.ts";
import { check } from "../runner/check.ts";
import type { Evidence } from "../runner/evidence.ts";

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
    throw new CheckFailure({ ...error.story, summary: `${error.story.what}\n${table}` });
  }
}

check({
  id: "REACH-01/lan-allowed-ports",
  requirements: ["REACH-01"],
  title: "every port that the policy opens to the LAN connects from a LAN host",
  needs: ["reachability"],
  async run({ reachability: reach, evidence }) {
    const { cells, table } = await judged(reach, evidence);
    const allowed = cells.filter((cell) => isFour(cell) && cell.from === "lan" && cell.rule !== undefined);
    await forEachPair("the LAN reaches what it may", pairsOf(allowed), table, (pair) =>
      mustMatchPolicy(pair, reach.deployment),
    );
  },
});

check({
  id: "REACH-02/lan-nothing-else",
  requirements: ["REACH-02"],
  title: "a LAN host reaches nothing else, on any port of any part",
  needs: ["reachability"],
  async run({ reachability: reach, evidence }) {
    const { cells, table } = await judged(reach, evidence);
    const denied = cells.filter(
      (cell) => isFour(cell) && cell.from === "lan" && cell.to !== "outside" && cell.rule === undefined,
    );
    await forEachPair("the LAN reaches nothing else", pairsOf(denied), table, (pair) =>
      mustMatchPolicy(pair, reach.deployment),
    );
  },
});

check({
  id: "REACH-03/denials-as-the-policy-says",
  requirements: ["REACH-03"],
  title: "each denial looks as the policy says, and is counted",
  needs: ["reachability"],
  async run({ reachability: reach, evidence }) {
    const { sweep, cells, table } = await judged(reach, evidence);
    const { firewall, file } = reach.policy;
    if (firewall === undefined) {
      throw new CheckFailure({
        summary: "the policy names no firewall: nothing says how a denial looks, and nothing counts it",
        cause: "the gateway host has none, or 'firewall' is missing in policy.yaml",
        location: { file, line: 1 },
      });
    }
    await forEachPair("each denial is the policy's", pairsOf(cells), table, (pair) =>
      mustBeDeniedAsDeclared(pair, reach.deployment),
    );
    await forEachCase(
      "each denial is counted",
      firewall.denials,
      ({ from }) => from,
      async (denial) => mustBeCounted(denial, cells, sweep),
    );
  },
});

check({
  id: "REACH-04/pairs-as-the-policy-says",
  requirements: ["REACH-04"],
  title: "each pair of parts connects or does not as the policy says",
  needs: ["reachability"],
  async run({ reachability: reach, evidence }) {
    const { sweep, cells, table } = await judged(reach, evidence);
    const [failure] = sweep.hostSelfFailures;
    if (failure !== undefined) {
      throw new CheckFailure({
        summary: `the gateway host does not reach itself on ${sweep.hostSelfFailures.length} ports and addresses where something listens`,
        evidence: {
          sent: sweep.hostSelfFailures
            .map(({ from, address, port }) => attemptText({ from, to: address, port }))
            .join("\n"),
          received: failure.outcome,
        },

        cause: "its firewall takes what the host sends to itself for a stranger's: accept what comes in by lo",
        location: reach.policy.firewall?.location ?? { file: reach.policy.file, line: 1 },
      });
    }
    const others = cells.filter(
      (cell) => isFour(cell) && cell.from !== "lan" && (cell.to !== "outside" || cell.rule !== undefined),
    );
    await forEachPair("the pair does as the policy says", pairsOf(others), table, (pair) =>
      mustMatchPolicy(pair, reach.deployment),
    );
    evidence.finding(`not in the matrix, because they are the suite's own: ${reach.ownParts.join(", ")}`);
  },
});

check({
  id: "REACH-05/nothing-leaves",
  requirements: ["REACH-05"],
  title: "nothing reaches the outside except what the policy allows",
  needs: ["reachability"],
  async run({ reachability: reach, evidence }) {
    const { sweep, cells, table } = await judged(reach, evidence);
    const { accepted, control } = sweep.sentinel;
    if (!accepted[control]) throw new Error("the sentinel did not count the control");
    const out = cells.filter((cell) => isFour(cell) && cell.to === "outside" && cell.rule === undefined);
    await forEachPair("nothing else gets out", pairsOf(out), table, (pair) => mustMatchPolicy(pair, reach.deployment));
    const outgoing = reach.policy.reach.filter(({ to }) => to === "outside");
    const mayLeave = new Set(outgoing.flatMap(({ ports }) => ports));
    const reached = Object.keys(accepted)
      .map(Number)
      .filter((port) => port !== control && !mayLeave.has(port));
    if (reached.length > 0) {
      throw new CheckFailure({
        summary: `the sentinel outside was reached on ${reached.join(", ")}`,
        evidence: {
          sent: cells
            .filter(({ to, outcome, port }) => to === "outside" && outcome === "connected" && reached.includes(port))
            .map(({ from, address, port }) => attemptText({ from, to: address, port }))
            .join("\n"),
        },
        cause: "the firewall lets more out than the policy names",
        location: reach.policy.firewall?.location ?? { file: reach.policy.file, line: 1 },
      });
    }
    const sites = new Map(
      sweep.sites.flatMap(({ name, addresses }) => addresses.map(({ address }) => [address, name])),
    );
    const tried = sweep.before.filter(
      ({ source, port }) => !outgoing.some(({ from, ports }) => from === sites.get(source) && ports.includes(port)),
    );
    if (tried.length > 0) {
      throw new CheckFailure({
        summary: "a part tried to reach the outside by itself",
        evidence: {
          sent: tried
            .map(({ source, target, port }) => `TCP from ${sites.get(source)} to ${target}:${port}`)
            .join("\n"),
          received: "nothing: it was denied",
        },

        cause: "it calls home; switch that off, or name it under 'reach'",
        location: { file: reach.policy.file, line: 1 },
      });
    }
  },
});

check({
  id: "REACH-08/ipv6-as-ipv4",
  requirements: ["REACH-08"],
  title: "IPv6 connections end as IPv4 connections do",
  needs: ["reachability"],
  async run({ reachability: reach, evidence }) {
    const { sweep, cells, table } = await judged(reach, evidence);
    const withAddress = sweep.sites.filter(({ addresses }) => addresses.some(({ address }) => address.includes(":")));
    if (withAddress.length === 0) evidence.notSupported("the engine's machine has no IPv6");
    const right = new Set(
      cells.filter((cell) => isFour(cell) && cell.verdict !== "open" && cell.verdict !== "blocked").map(keyOf),
    );
    const compared = cells.filter((cell) => cell.family === 6 && right.has(keyOf(cell)));
    if (!compared.some(({ verdict }) => verdict === "allowed" || verdict === "blocked")) {
      throw new CheckFailure({ summary: "not one connection that the policy allows could be tried over IPv6" });
    }
    await forEachPair("IPv6 does as IPv4", pairsOf(compared), table, (pair) => mustMatchPolicy(pair, reach.deployment));
    const without = sweep.sites.filter((location) => !withAddress.includes(location)).map(({ name }) => name);
    if (without.length > 0) evidence.finding(`without an IPv6 address: ${without.join(", ")}`);
  },
});

function keyOf({ from, to, port }: Cell): string {
  return `${from} ${to} ${port}`;
}
