import type { Denial, Deployment, SourceLocation } from "../deployment/types.ts";
import { baseOf, chainsSeeing, decidingLine, packetOf } from "./firewall-lines.ts";
import { conditionsOf, fits, type Rule, traceOf } from "./firewall-rules.ts";
import type { Cell } from "./matrix.ts";

/** Why a connection is denied by another rule than the one with the counter that the policy declares. */
export interface OtherRule {
  location: SourceLocation | undefined;
  /** As part of a sentence; undefined where the declared rule decides, or the file does not say. */
  why: string | undefined;
}

/**
 * The line that decides how a connection is denied: where it does not meet the rule with the declared counter, that rule, if one
 * of its conditions keeps the connection from it; else the rule with another counter that the connection meets first.
 */
export function denialLine(cell: Cell, denial: Denial | undefined, deployment: Deployment): OtherRule {
  const deciding = { location: decidingLine(cell, deployment), why: undefined };
  const { firewall } = deployment.policy;
  if (firewall === undefined || denial === undefined || cell.fate !== "denied-by-firewall") return deciding;
  const chains = chainsSeeing(cell, firewall.file);
  const base = baseOf(chains, cell, deployment);
  if (base === undefined) return deciding;
  const packet = packetOf(cell, deployment);
  const trace = traceOf(chains, base, packet);
  const declared = denial.counter.value;
  if (trace.some((rule) => counterOf(rule) === declared)) return deciding;
  const at = ({ line }: Rule): SourceLocation => ({ file: firewall.file, line });
  const own = [...chains.values()].flatMap(({ rules }) => rules).find((rule) => counterOf(rule) === declared);
  const unmet = own && conditionsOf(own.text).find((one) => !fits(one, packet));
  if (own !== undefined && unmet !== undefined)
    return { location: at(own), why: `the rule with the counter ${declared} applies to '${unmet}' alone` };
  const other = trace.find((rule) => counterOf(rule) !== undefined);
  if (other === undefined) return deciding;
  return {
    location: at(other),
    why:
      own === undefined
        ? `no rule has the counter ${declared}, and the one with the counter ${counterOf(other)} denies it`
        : `the rule with the counter ${counterOf(other)} denies it before the one with ${declared}`,
  };
}

function counterOf({ text }: Rule): string | undefined {
  return /\bcounter name "?([\w.-]+)"?/.exec(text)?.[1];
}
