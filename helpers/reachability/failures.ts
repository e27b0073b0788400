import { readFileSync } from "node:fs";
import { CheckFailure, type FailureEvidence } from "../checks/check-failure.ts";
import type { Denial, Deployment, SourceLocation } from "../deployment/types.ts";
import { commonPorts } from "./common-ports.ts";
import { type Cell, deniedSource } from "./matrix.ts";
import type { Sweep } from "./sweep.ts";

/** The cells of one pair of sites. */
export interface Pair {
  from: string;
  to: string;
  cells: readonly Cell[];
}

/** The cells grouped by pair, in the order of their first cell. */
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

/** A pair in messages, e.g. `lan → gateway-host`. */
export function pairName({ from, to }: Pick<Cell, "from" | "to">): string {
  return `${from} → ${to}`;
}

/**
 * Checks that each port of a pair connects if the policy allows it, and does not if it denies it.
 *
 * @throws {CheckFailure} with the ports that differ, the likely cause, and the line of the deployment
 */
export function expectPolicy({ cells, ...pair }: Pair, deployment: Deployment): void {
  const [open, blocked] = [
    cells.filter(({ verdict }) => verdict === "open"),
    cells.filter(({ verdict }) => verdict === "blocked"),
  ];
  const [first] = [...open, ...blocked];
  if (first === undefined) return;
  const summary = [
    ...(open.length > 0 ? [`${pairName(pair)} connects on ${portList(open)}, which the policy does not allow`] : []),
    ...(blocked.length > 0
      ? [`${pairName(pair)} does not connect on ${portList(blocked)}, which the policy allows`]
      : []),
  ].join("; ");
  const location =
    open.length > 0
      ? locationOfOpen(first, deployment)
      : (locationOfBlocked(first, deployment) ?? first.rule?.location);
  throw new CheckFailure({
    summary,
    code: open.length > 0 ? "unexpected-connection" : "missing-connection",
    expected: expectedText(open, blocked),
    actual: outcomeText([...open, ...blocked]),
    evidence: evidenceOf([...open, ...blocked]),
    cause: open.length > 0 ? causeOfOpen(first, deployment) : causeOfBlocked(first),
    ...(location === undefined ? {} : { location }),
  });
}

/**
 * Checks how each denied port of a pair is denied: as the policy declares, or because there is no route to the target.
 *
 * @throws {CheckFailure} with the ports that are denied in any other way
 */
export function expectDeclaredDenial({ cells, ...pair }: Pair, deployment: Deployment): void {
  const denial = deployment.policy.firewall?.denials.find(({ from }) => from === deniedSource(pair.from));
  const undeclared = cells.flatMap((cell) => {
    const why = differenceFromDenial(cell, denial);
    return why === undefined ? [] : [{ cell, why }];
  });
  const [first] = undeclared;
  if (first === undefined) return;
  const differing = undeclared.map(({ cell }) => cell);
  throw new CheckFailure({
    summary: `${pairName(pair)} is not denied as the policy declares on ${portList(differing)}`,
    code: "undeclared-denial",
    expected:
      denial === undefined
        ? "a denial that the policy declares"
        : `'${denial.by}', by a rule with the counter ${denial.counter.value}`,
    actual: outcomeText(differing),
    evidence: evidenceOf(differing),
    cause: first.why,
    location: denial?.counter.location ?? { file: deployment.policy.file, line: 1 },
  });
}

/** Undefined when the cell is not denied, or denied as declared. */
function differenceFromDenial({ verdict, fate, outcome }: Cell, denial: Denial | undefined): string | undefined {
  if (verdict !== "denied") return undefined;
  if (fate === "kept-inside" || (fate === "not-seen" && outcome === "no route")) return undefined;
  if (fate === "not-seen")
    return "the connection did not reach the gateway host although there is a route: what denied it is unknown";
  if (fate === "passed") return "the firewall let it pass, but it does not connect: what denied it is unknown";
  if (denial === undefined)
    return fate === "dropped-by-docker" ? undefined : "the policy does not declare how this source is denied";
  const isRefused = outcome === "refused" || outcome === "reset" || outcome === "no route";
  if (denial.by === (isRefused ? "refuse" : "drop")) return undefined;
  const by = fate === "dropped-by-docker" ? "docker's own rules drop it behind the firewall" : "the firewall denies it";
  return `${by}: ${isRefused ? "it is refused" : "there is no answer"}, but the policy declares '${denial.by}'`;
}

/**
 * Checks that the counter of a denial counted at least the denied connections that reached the firewall.
 *
 * @throws {CheckFailure} when it counted fewer, or when no denied connection reached the firewall
 */
export function expectCounted(denial: Denial, cells: readonly Cell[], sweep: Sweep): void {
  const denied = cells.filter(
    ({ from, verdict, fate }) =>
      deniedSource(from) === denial.from && verdict === "denied" && fate === "denied-by-firewall",
  );
  const counted = sweep.counted[denial.counter.value] ?? 0;
  if (denied.length > 0 && counted >= denied.length) return;
  throw new CheckFailure({
    summary:
      denied.length === 0
        ? `no denied connection from ${denial.from} reached the firewall: its counter proves nothing`
        : `the firewall denied ${denied.length} connections from ${denial.from}, but ${denial.counter.value} counted ${counted}`,
    code: "uncounted-denial",
    expected:
      denied.length === 0
        ? `at least one denied connection from ${denial.from} at the firewall`
        : `${denial.counter.value} counts at least ${denied.length}`,
    actual: denied.length === 0 ? "none" : `${denial.counter.value} counted ${counted}`,
    ...(denied.length === 0 ? {} : { evidence: evidenceOf(denied) }),
    cause: "another rule denies them, or the rule that does has no counter of this name",
    location: denial.counter.location,
  });
}

/** Ports with their usual services, e.g. `22 (SSH), 9090 (Prometheus)`. */
function portList(cells: readonly Cell[]): string {
  const ports = [...new Set(cells.map(({ port }) => port))];
  return ports
    .map((port) => (commonPorts[port] === undefined ? String(port) : `${port} (${commonPorts[port]})`))
    .join(", ");
}

/** How many attempts a failure shows; the evidence file has all of them. */
const shownAttempts = 6;

function evidenceOf(cells: readonly Cell[]): FailureEvidence {
  const attempts = cells.map(cellText);
  const more = cells.length > shownAttempts ? [`and ${cells.length - shownAttempts} more`] : [];
  return {
    sent: [...attempts.slice(0, shownAttempts), ...more].join("\n"),
    received: outcomeText(cells),
    connections: attempts,
  };
}

/** The distinct outcomes, e.g. `connected, dropped`. */
function outcomeText(cells: readonly Cell[]): string {
  return [...new Set(cells.map(({ outcome }) => outcome))].join(", ");
}

function expectedText(open: readonly Cell[], blocked: readonly Cell[]): string {
  return [
    ...(open.length > 0 ? [`no connection on ${portList(open)}`] : []),
    ...(blocked.length > 0 ? [`a connection on ${portList(blocked)}`] : []),
  ].join(", and ");
}

function cellText({ from, address, to, port, rule }: Cell): string {
  return attemptText({ from, to: address === "" ? (rule?.as ?? to) : address, port });
}

/** An attempt in messages, and its id: `TCP from lan to 10.0.0.2:4000`. `to` is an address or a name. */
export function attemptText({ from, to, port }: { from: string; to: string; port: number }): string {
  return `TCP from ${from} to ${to.includes(":") ? `[${to}]` : to}:${port}`;
}

function causeOfOpen({ shared, from, to }: Cell, { policy }: Deployment): string {
  if (shared !== undefined)
    return `both are on ${shared}, where every listening port can be reached: move one of them to another network`;
  if (policy.firewall === undefined && to === "gateway-host")
    return "the deployment publishes it on every address, and the policy names no firewall that denies it";
  if (to === "gateway-host") return "the firewall's input chain lets it in";
  return from === "lan" || from === "outside" ? "the firewall forwards it" : `the firewall lets ${from} out`;
}

function causeOfBlocked({ fate, outcome, to, rule }: Cell): string {
  if (outcome === "name not found") return `the source cannot resolve the name ${rule?.as ?? to}`;
  if (fate === "denied-by-firewall") return "the firewall denies it";
  if (fate === "dropped-by-docker" || fate === "kept-inside")
    return "the two share no network, and docker isolates networks from each other";
  if (outcome === "no route") return "the two share no network, and there is no route between them";
  return "nothing listens on the port, or the port is not published";
}

function locationOfOpen({ shared, port }: Cell, { compose, policy }: Deployment): SourceLocation | undefined {
  if (shared !== undefined) return compose.networks.get(shared)?.location;
  if (policy.firewall === undefined) return undefined;
  const { file } = policy.firewall;
  const acceptsPort = new RegExp(`\\b${port}\\b.*\\baccept\\b`);
  return lineOf(file, acceptsPort) ?? lineOf(file, /policy accept/) ?? policy.firewall.location;
}

function locationOfBlocked({ fate, rule }: Cell, { policy }: Deployment): SourceLocation | undefined {
  if (fate !== "denied-by-firewall" || policy.firewall === undefined) return undefined;
  const hook = rule?.to === "gateway-host" ? /hook forward.*policy/ : /hook forward/;
  return lineOf(policy.firewall.file, hook) ?? policy.firewall.location;
}

/** The first line that matches, without its comment. */
function lineOf(file: string, pattern: RegExp): SourceLocation | undefined {
  const lines = readFileSync(file, "utf8").split("\n");
  const index = lines.findIndex((line) => pattern.test(line.replace(/#.*/, "")));
  return index === -1 ? undefined : { file, line: index + 1 };
}
