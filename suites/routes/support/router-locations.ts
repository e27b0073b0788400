import { routersFor } from "../../../helpers/deployment/traefik/labels.ts";
import type { Deployment, SourceLocation } from "../../../helpers/deployment/types.ts";

/** The label that holds the rule of a live router, e.g. `litellm-public@docker`. */
export function locationOf(deployment: Deployment, liveName: string | undefined): SourceLocation | undefined {
  const live = liveName?.replace(/@docker$/, "").toLowerCase();
  // An entry point with defaults of its own puts its name before the router's, e.g. `websecure-litellm`.
  return routersFor(deployment).find(
    ({ name }) => live === name.toLowerCase() || live?.endsWith(`-${name.toLowerCase()}`),
  )?.location;
}
