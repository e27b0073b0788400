import { judgeAuthorization } from "./authorization.ts";
import { judgeBehaviour } from "./behaviour.ts";
import { judgeCatalogue } from "./catalogue.ts";
import { withoutCalls } from "./cut-short.ts";
import { type ItemNumber, itemNumbers } from "./items.ts";
import { type Case, fail, type Judgement, notApplicable } from "./judgement.ts";
import { judgeProtocol } from "./protocol.ts";
import { judgeSupply } from "./supply.ts";
import { withoutHosts } from "./unreachable.ts";

/** What every item says of a candidate. */
export type Judgements = Readonly<Record<ItemNumber, Judgement>>;

/** Judges a candidate that was asked directly. What the operator accepts as a condition no longer fails. */
export function judge(own: Case, now: Date = new Date()): Judgements {
  const judged = { ...judgeSupply(own), ...judgeRunning(own) };
  return withConditions(withoutHosts(withoutCalls(judged, own), own), own, now);
}

type RunningItem = Exclude<ItemNumber, 1 | 2 | 3 | 4 | 5 | 6>;

function judgeRunning(own: Case): Record<RunningItem, Judgement> {
  const { catalogue, failed } = own.seen;
  if (catalogue === undefined) {
    const none = notApplicable("it did not start");
    const why = [failed?.why ?? "no catalogue", ...(failed?.log ?? []).map((line) => `  ${line}`)];
    const start: Judgement = {
      outcome: "fail",
      evidence: why.join("\n"),
      fix:
        "give it what it asks for: env, secrets, needs, packages of Debian (server.debian), or name another server.command; " +
        "its last lines are above",
    };
    return { ...allOf(none), 7: start };
  }
  const running = { ...own, catalogue };
  return {
    ...judgeProtocol(running),
    ...judgeCatalogue(running),
    ...judgeAuthorization(running),
    ...judgeBehaviour(running),
  };
}

function allOf(one: Judgement): Record<ItemNumber, Judgement> {
  return Object.fromEntries(itemNumbers.map((number) => [number, one])) as Record<ItemNumber, Judgement>;
}

/** The last item that is judged from the packages alone. */
const lastSupplyItem = 6;

function withConditions(judged: Judgements, { candidate, unreachable = [] }: Case, now: Date): Judgements {
  const changed = { ...judged };
  for (const [item, { because, until, location }] of candidate.conditions) {
    const { outcome, evidence } = judged[item];
    const isOver = Date.parse(until) < now.getTime();
    if (outcome === "fail" && !isOver) changed[item] = { outcome: "conditional", evidence, condition: because };
    if (outcome === "fail" && isOver)
      changed[item] = fail([evidence, `its condition ended on ${until}`], `renew or remove it (line ${location.line})`);
    // Without a host that it needs it may pass because it does nothing.
    if (outcome === "pass" && (item <= lastSupplyItem || unreachable.length === 0))
      changed[item] = fail(
        [`it passes (${evidence}), and the candidate file excuses it`],
        `remove the condition for item ${item} (line ${location.line})`,
      );
  }
  return changed;
}
