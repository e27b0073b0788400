import type { Reachability } from "../../../containers/targets/reachability.ts";
import { hostRouteNetwork } from "../../../helpers/deployment/services/host-route.ts";
import { leftOutPorts } from "../../../helpers/deployment/services/left-out-ports.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
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
  const judged = judge(reachability.policy, sweep).filter(({ shared }) => shared !== hostRouteNetwork);
  const cells = withoutLeftOut(judged, reachability.deployment);
  const plain = cells.map(({ rule, ...cell }) => ({ ...cell, rule: rule?.location.line }));
  await Promise.all([
    evidence.keep("matrix.json", JSON.stringify(plain, null, 1)),
    evidence.keep("matrix.txt", `${matrixTable(cells)}\n`),
  ]);
  return { sweep, cells };
}

/** A run does not publish the ports of services that it leaves out: what happens there says nothing of the gateway. */
export function withoutLeftOut(cells: readonly Cell[], deployment: Deployment): Cell[] {
  const leftOut = new Set(leftOutPorts(deployment).map(({ port }) => port.host));
  return cells.filter(({ to, port }) => to !== "gateway-host" || !leftOut.has(port));
}
