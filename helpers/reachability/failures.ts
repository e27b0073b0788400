import { CheckFailure, type FailureEvidence } from "../checks/check-failure.ts";
import type { Denial, Deployment } from "../deployment/types.ts";
import { causeOfBlocked, causeOfOpen, type PairCause } from "./causes.ts";
import { commonPorts } from "./common-ports.ts";
import { denialLine, type OtherRule } from "./denial-line.ts";
import { whyNotFound } from "./firewall-side-traffic.ts";
import { type Cell, deniedSource } from "./matrix.ts";
import type { Sweep } from "./sweep.ts";

/** The cells of one pair of sites. */
export interface Pair {
  from: string;
  to: string;
  cells: readonly Cell[];
  /** Set where the cells that are allowed and do not connect are apart from the pair's others. */
  areMissing?: true;
  /** Those that differ from the policy, where others of the pair differ for another reason. */
  ports?: readonly number[];
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

/**
 * A pair with ports that differ from the policy for several reasons, as one for each: what connects and should not apart from what
 * does not and should, and each published port, firewall rule or network with a line of its own.
 *
 * @param causeOf why a cell differs
 */
export function withOneCause(pair: Pair, causeOf: (cell: Cell) => PairCause): Pair[] {
  const right = pair.cells.filter(({ verdict }) => verdict !== "open" && verdict !== "blocked");
  const byCause = (verdict: Cell["verdict"]): (readonly Cell[])[] => {
    const own = pair.cells.filter((cell) => cell.verdict === verdict);
    return [...Map.groupBy(own, (cell) => keyOf(causeOf(cell))).values()];
  };
  const [open, missing] = [byCause("open"), byCause("blocked")];
  const groups = [...open, ...missing];
  if (groups.length < 2) return [pair];
  return groups.map((cells, index) => {
    const areMissing = missing.includes(cells) && open.length > 0;
    const isAlone = (missing.includes(cells) ? missing : open).length === 1;
    return {
      ...pair,
      cells: index === 0 ? [...cells, ...right] : cells,
      ...(isAlone ? {} : { ports: [...new Set(cells.map(({ port }) => port))] }),
      ...(areMissing ? { areMissing: true } : {}),
    };
  });
}

function keyOf({ cause, location }: PairCause): string {
  return `${cause} ${location?.file}:${location?.line}`;
}

/** A pair in messages, e.g. `lan → gateway-host`. */
export function pairName({ from, to, ports, areMissing }: Pick<Pair, "from" | "to" | "ports" | "areMissing">): string {
  const on = ports === undefined ? "" : ` on ${ports.join(", ")}`;
  return `${from} → ${to}${on}${areMissing === true ? " (missing)" : ""}`;
}

/** Why a cell differs from the policy. */
export function causeOfDifference(cell: Cell, deployment: Deployment): PairCause {
  return cell.verdict === "open" ? causeOfOpen(cell, deployment) : causeOfBlocked(cell, deployment);
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
  const name = pairName({ from: pair.from, to: pair.to });
  const summary = [
    ...(open.length > 0 ? [`${name} connects on ${portList(open, deployment)}, which the policy does not allow`] : []),
    ...(blocked.length > 0
      ? [`${name} does not connect on ${portList(blocked, deployment)}, which the policy allows`]
      : []),
  ].join("; ");
  const { cause, location = first.rule?.location, fix } = causeOfDifference(first, deployment);
  throw new CheckFailure({
    summary,
    code: open.length > 0 ? "unexpected-connection" : "missing-connection",
    expected: expectedText(open, blocked, deployment),
    actual: outcomeText([...open, ...blocked]),
    evidence: evidenceOf([...open, ...blocked]),
    cause,
    ...(location === undefined ? {} : { location }),
    ...(fix === undefined ? {} : { fix }),
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
  const notFound =
    first.cell.fate === "not-seen" && first.cell.shared === undefined ? whyNotFound(first.cell, deployment) : undefined;
  const { location, why } = denialLine(first.cell, denial, deployment);
  throw new CheckFailure({
    summary: `${pairName(pair)} is not denied as the policy declares on ${portList(differing, deployment)}`,
    code: "undeclared-denial",
    expected:
      denial === undefined
        ? "a denial that the policy declares"
        : `'${denial.by}', by a rule with the counter ${denial.counter.value}`,
    actual: outcomeText(differing),
    evidence: evidenceOf(differing),
    cause: why === undefined ? first.why : `${first.why}: ${why}`,
    location: location ?? { file: deployment.policy.file, line: 1 },
    ...notFound,
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
export function expectCounted(denial: Denial, cells: readonly Cell[], sweep: Sweep, deployment: Deployment): void {
  const denied = cells.filter(
    ({ from, verdict, fate }) =>
      deniedSource(from) === denial.from && verdict === "denied" && fate === "denied-by-firewall",
  );
  const counted = sweep.counted[denial.counter.value] ?? 0;
  if (denied.length > 0 && counted >= denied.length) return;
  const other = uncounted(denied, denial, deployment);
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
    cause: other?.why ?? "another rule denies them, or the rule that does has no counter of this name",
    location: other?.location ?? denial.counter.location,
  });
}

/** The rule that denies connections instead of the one that counts them, of the first connection of which the file says it. */
function uncounted(denied: readonly Cell[], denial: Denial, deployment: Deployment): OtherRule | undefined {
  const rules = denied.map((cell) => denialLine(cell, denial, deployment));
  return rules.find(({ why }) => why !== undefined) ?? rules[0];
}

/** Ports with what is behind them, e.g. `22 (SSH), 9090 (Prometheus)`. */
function portList(cells: readonly Cell[], deployment: Deployment): string {
  const texts = cells.map((cell) => {
    const behind = serviceBehind(cell, deployment) ?? commonPorts[cell.port];
    return behind === undefined ? String(cell.port) : `${cell.port} (${behind})`;
  });
  return [...new Set(texts)].join(", ");
}

/** The service that a port of the gateway host belongs to; undefined for Traefik, which has several, and where none publishes it. */
function serviceBehind({ to, port }: Cell, { compose, litellm, traefik }: Deployment): string | undefined {
  if (to !== "gateway-host") return undefined;
  const publisher = [...compose.services.values()].find(({ ports }) => ports.some(({ host }) => host === port));
  if (publisher === undefined || publisher.key === traefik?.key) return undefined;
  return publisher.key === litellm.key ? "LiteLLM" : publisher.name;
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

function expectedText(open: readonly Cell[], blocked: readonly Cell[], deployment: Deployment): string {
  return [
    ...(open.length > 0 ? [`no connection on ${portList(open, deployment)}`] : []),
    ...(blocked.length > 0 ? [`a connection on ${portList(blocked, deployment)}`] : []),
  ].join(", and ");
}

function cellText({ from, address, to, port, rule }: Cell): string {
  return attemptText({ from, to: address === "" ? (rule?.as ?? to) : address, port });
}

/** An attempt in messages, and its id: `TCP from lan to 10.0.0.2:4000`. `to` is an address or a name. */
export function attemptText({ from, to, port }: { from: string; to: string; port: number }): string {
  return `TCP from ${from} to ${to.includes(":") ? `[${to}]` : to}:${port}`;
}
