import type { ComposeService } from "../../../helpers/deployment/types.ts";
import type { PartPlan, RunNetwork } from "../part.ts";
import { networksOf } from "./render-service.ts";

/**
 * The networks of a compose service with every name that it has there: as in compose, its own name and its container's
 * name are two of them.
 *
 * @param made networks of the rig by their key in the deployment
 */
export function serviceAttachments(
  service: ComposeService,
  made: ReadonlyMap<string, RunNetwork>,
): PartPlan["networks"] {
  const own = [service.name, ...(service.containerName === undefined ? [] : [service.containerName.value])];
  return [...networksOf(service)].flatMap(([key, aliases]) => {
    const network = made.get(key);
    return network === undefined ? [] : [{ network, aliases: [...new Set([...own, ...aliases])] }];
  });
}
