import { readFileSync } from "node:fs";
import { CheckFailure } from "../checks/check-failure.ts";
import type { Denial, Deployment, SourceLocation as FilePlace } from "../deployment/types.ts";
import { commonPorts } from "./common-ports.ts";
import { type Cell, deniedSource } from "./matrix.ts";
import type { Sweep } from "./sweep.ts";

/** The cells of one pair of places. */
export interface Pair {
  from: string;
  to: string;
  cells: readonly Cell[];
}

/** Cells by pair, in the order in which they come. */
export function pairsOf(cells: readonly Cell[]): Pair[] {
  const pairs = new Map<string, Pair & { cells: Cell[] }>();
  for (const cell of cells) {
    const key = `${cell.from} ${cell.to}`;
    const pair = pairs.get(key) ?? { from: cell.from, to: cell.to, cells: [] };
    pair.cells.push(cell);
    pairs.set(key, pair);
  }
  return [...pairs.values()];
}

/** `lan → gateway-host`. */
export function pairName({ from, to }: Pick<Cell, "from" | "to">): string {
  return `${from} → ${to}`;
}

/**
 * Whether a pair does what the policy says.
 *
 * @throws {CheckFailure} with the ports that don't, why, and the line of the deployment
 */
export function mustBeAsWritten({ cells, ...pair }: Pair, deployment: Deployment): void {
  const [open, shut] = [
    cells.filter(({ verdict }) => verdict === "open"),
    cells.filter(({ verdict }) => verdict === "shut"),
  ];
  const [first] = [...open, ...shut];
  if (first === undefined) return;
  const what = [
    ...(open.length > 0 ? [`${pairName(pair)} connects on ${portList(open)}, which the policy does not name`] : []),
    ...(shut.length > 0 ? [`${pairName(pair)} does not connect on ${portList(shut)}, which the policy allows`] : []),
  ].join("; ");
  const location =
    open.length > 0 ? placeOfHole(first, deployment) : (placeOfWall(first, deployment) ?? first.rule?.location);
  throw new CheckFailure({
    what,
    ...exchanged([...open, ...shut]),
    cause: open.length > 0 ? causeOfHole(first) : causeOfWall(first),
    ...(location === undefined ? {} : { location }),
  });
}

/**
 * Whether each denial of a pair is the policy's own: told as the policy says, by the firewall, or for want of a way.
 *
 * @throws {CheckFailure} with the denials that aren't
 */
export function mustBeDeniedAsWritten({ cells, ...pair }: Pair, deployment: Deployment): void {
  const denial = deployment.policy.firewall?.denials.find(({ from }) => from === deniedSource(pair.from));
  const odd = cells.flatMap((cell) => {
    const why = oddity(cell, denial);
    return why === undefined ? [] : [{ cell, why }];
  });
  const [first] = odd;
  if (first === undefined) return;
  throw new CheckFailure({
    what: `${pairName(pair)} is denied in another way than the policy says on ${portList(odd.map(({ cell }) => cell))}`,
    ...exchanged(odd.map(({ cell }) => cell)),
    cause: first.why,
    location: denial?.counter.location ?? { file: deployment.policy.file, line: 1 },
  });
}

function oddity({ verdict, fate, outcome }: Cell, denial: Denial | undefined): string | undefined {
  if (verdict !== "denied") return undefined;
  if (fate === "kept" || (fate === "unseen" && outcome === "no route")) return undefined;
  if (fate === "unseen") return "it never came to the gateway host, and has a way to go: nothing tells who denied it";
  if (fate === "let through") return "the firewall let it pass, and still it does not connect: nothing tells why";
  if (denial === undefined)
    return fate === "isolated" ? undefined : "the policy does not say how this source is denied";
  const refused = outcome === "refused" || outcome === "reset" || outcome === "no route";
  if (denial.by === (refused ? "refuse" : "drop")) return undefined;
  const who = fate === "isolated" ? "the firewall lets it pass and docker's own rules drop it" : "the firewall's rule";
  return `${who}: ${refused ? "it is refused" : "nothing comes back"}, and the policy says '${denial.by}'`;
}

/**
 * Whether a denial's counter counted at least the denied connections that came to the firewall.
 *
 * @throws {CheckFailure} when it did not, or when not one came
 */
export function mustBeCounted(denial: Denial, cells: readonly Cell[], sweep: Sweep): void {
  const denied = cells.filter(
    ({ from, verdict, fate }) => deniedSource(from) === denial.from && verdict === "denied" && fate === "denied",
  );
  const counted = sweep.counted[denial.counter.value] ?? 0;
  if (denied.length > 0 && counted >= denied.length) return;
  throw new CheckFailure({
    what:
      denied.length === 0
        ? `not one denied connection from ${denial.from} came to the firewall: its counter proves nothing`
        : `the firewall denied ${denied.length} connections from ${denial.from}, and ${denial.counter.value} counted ${counted}`,
    ...(denied.length === 0 ? {} : exchanged(denied)),
    cause: "the rule that denies them is another one, or does not name the counter",
    location: denial.counter.location,
  });
}

/** `22 (SSH), 9090 (Prometheus)`. */
function portList(cells: readonly Cell[]): string {
  const ports = [...new Set(cells.map(({ port }) => port))];
  return ports
    .map((port) => (commonPorts[port] === undefined ? String(port) : `${port} (${commonPorts[port]})`))
    .join(", ");
}

/** How many attempts a failure shows; the evidence has all of them. */
const shownAttempts = 6;

function exchanged(cells: readonly Cell[]): { sent: string; received: string } {
  const more = cells.length > shownAttempts ? [`and ${cells.length - shownAttempts} more`] : [];
  return {
    sent: [...cells.slice(0, shownAttempts).map(cellText), ...more].join("\n"),
    received: [...new Set(cells.map(({ outcome }) => outcome))].join(", "),
  };
}

function cellText({ from, address, to, port, rule }: Cell): string {
  return attemptText({ from, to: address === "" ? (rule?.as ?? to) : address, port });
}

/** `TCP from lan to 10.0.0.2:4000`; `to` is an address or a name. */
export function attemptText({ from, to, port }: { from: string; to: string; port: number }): string {
  return `TCP from ${from} to ${to.includes(":") ? `[${to}]` : to}:${port}`;
}

function causeOfHole({ shared, from, to }: Cell): string {
  if (shared !== undefined)
    return `both are on ${shared}: what listens there is reached; give one of them another network`;
  if (to === "gateway-host") return "the firewall's input chain lets it in";
  return from === "lan" || from === "outside" ? "the firewall forwards it" : `the firewall lets ${from} out`;
}

function causeOfWall({ fate, outcome, to, rule }: Cell): string {
  if (outcome === "name not found") return `the name ${rule?.as ?? to} is not known there`;
  if (fate === "denied") return "the firewall denies it";
  if (fate === "isolated" || fate === "kept")
    return "the two share no network, and docker isolates networks from each other";
  if (outcome === "no route") return "the two share no network, and there is no way from one to the other";
  return "nothing listens there, or the port is not published";
}

function placeOfHole({ shared, port }: Cell, { compose, policy }: Deployment): FilePlace | undefined {
  if (shared !== undefined) return compose.networks.get(shared)?.location;
  if (policy.firewall === undefined) return undefined;
  const { file } = policy.firewall;
  const named = new RegExp(`\\b${port}\\b.*\\baccept\\b`);
  return lineOf(file, named) ?? lineOf(file, /policy accept/) ?? policy.firewall.location;
}

function placeOfWall({ fate, rule }: Cell, { policy }: Deployment): FilePlace | undefined {
  if (fate !== "denied" || policy.firewall === undefined) return undefined;
  const hook = rule?.to === "gateway-host" ? /hook forward.*policy/ : /hook forward/;
  return lineOf(policy.firewall.file, hook) ?? policy.firewall.location;
}

/** Comments aside. */
function lineOf(file: string, pattern: RegExp): FilePlace | undefined {
  const lines = readFileSync(file, "utf8").split("\n");
  const index = lines.findIndex((line) => pattern.test(line.replace(/#.*/, "")));
  return index === -1 ? undefined : { file, line: index + 1 };
}
