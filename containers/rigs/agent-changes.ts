import { relative } from "node:path";
import { movedAddresses, otherServers } from "../../helpers/deployment/clients/codex-copy.ts";
import type { Deployment, SourceLocation } from "../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";

/** What differs in the copy of the config that Codex gets: addresses of the gateway's host, and servers that are not the gateway. */
export function agentChanges(deployment: Deployment): RenderedChange[] {
  const at = ({ file, line }: SourceLocation): string => `${relative(deployment.folder, file)}:${line}`;
  return [
    ...movedAddresses(deployment).map(({ from, to, service, location }) => ({
      where: at(location),
      what: `${to} in the place of ${from}, in the copy that Codex gets`,
      why: `Codex runs in a container, where an address of the host does not lead to ${service.key}`,
    })),
    ...otherServers(deployment).map(({ name, location }) => ({
      where: at(location),
      what: `the MCP server ${name} left out of the copy that Codex gets`,
      why: "it is not the gateway, and a run does not have it",
    })),
  ];
}
