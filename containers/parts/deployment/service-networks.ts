import { linkedNamesOf, ownNamesOf } from "../../../helpers/deployment/services/hosts.ts";
import type { ComposeFile, ComposeService } from "../../../helpers/deployment/types.ts";
import type { PartPlan, RunNetwork } from "../part.ts";
import { networksOf } from "./render-context.ts";

/**
 * The networks of a compose service with every name that it has there. A name by which only one other service links to it is
 * known to all of its networks.
 *
 * @param made networks of the rig by their key in the deployment
 */
export function serviceAttachments(
  compose: ComposeFile,
  service: ComposeService,
  made: ReadonlyMap<string, RunNetwork>,
): PartPlan["networks"] {
  const own = [...ownNamesOf(service), ...linkedNamesOf(compose, service)];
  return [...networksOf(service)].flatMap(([key, aliases]) => {
    const network = made.get(key);
    return network === undefined ? [] : [{ network, aliases: [...new Set([...own, ...aliases])] }];
  });
}
