import { relative } from "node:path";
import { movedAddresses } from "../../helpers/deployment/clients/codex-copy.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";

/** The addresses of the gateway's host that differ in the copy of the config that Codex gets. */
export function agentChanges(deployment: Deployment): RenderedChange[] {
  return movedAddresses(deployment).map(({ from, to, service, location }) => ({
    where: `${relative(deployment.folder, location.file)}:${location.line}`,
    what: `${to} in the place of ${from}, in the copy that Codex gets`,
    why: `Codex runs in a container, where an address of the host does not lead to ${service.key}`,
  }));
}
