import type { Reachability } from "../../../containers/targets/reachability.ts";
import { hostRouteNetwork } from "../../../helpers/deployment/services/host-route.ts";
import { type Cell, judge } from "../../../helpers/reachability/matrix.ts";
import type { Sweep } from "../../../helpers/reachability/sweep.ts";
import { matrixTable } from "../../../helpers/reachability/table.ts";
import type { Evidence } from "../../runner/evidence.ts";

/** What each pair of sites does, next to what the policy says. */
export interface JudgedMatrix {
  sweep: Sweep;
  cells: readonly Cell[];
}

/** The sweep's matrix, which each check keeps as evidence. */
export async function judgedMatrix(reachability: Reachability, evidence: Evidence): Promise<JudgedMatrix> {
  if (reachability.policy.reach.length === 0)
    evidence.notSupported("the policy does not say who may reach whom (reach)");
  const sweep = await reachability.sweep();
  // That network is the suite's own: it stands for the host's published port, by which Traefik reaches LiteLLM.
  const cells = judge(reachability.policy, sweep).filter(({ shared }) => shared !== hostRouteNetwork);
  const plain = cells.map(({ rule, ...cell }) => ({ ...cell, rule: rule?.location.line }));
  await Promise.all([
    evidence.keep("matrix.json", JSON.stringify(plain, null, 1)),
    evidence.keep("matrix.txt", `${matrixTable(cells)}\n`),
  ]);
  return { sweep, cells };
}
