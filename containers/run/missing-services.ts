import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import { planServices } from "../../helpers/deployment/services/service-plan.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { connectEngine } from "../engine/engine.ts";
import { Images } from "../images/images.ts";

/**
 * The services behind LiteLLM whose images can be neither pulled nor built here, such as one of the operator's own registry:
 * key of the service to the reason. No part starts.
 *
 * @throws {EnvironmentError} when there is no engine
 */
export async function missingServices(
  deployment: Deployment,
  { config, progress }: { config: RunConfig; progress: Progress },
): Promise<ReadonlyMap<string, string>> {
  const planned = [...planServices(deployment).values()].filter(({ role }) => role === "upstream");
  if (planned.length === 0) return new Map();
  const images = new Images(await connectEngine({ progress }), { ...config.images, progress });
  const reasons = await Promise.all(
    planned.map(async ({ service: { key }, run }): Promise<[string, string][]> => {
      if (run.as !== "part") return [];
      try {
        await images.service(key, run.sources, run.launched);
        return [];
      } catch (error) {
        if (!(error instanceof EnvironmentError)) throw error;
        return [[key, error.message]];
      }
    }),
  );
  return new Map(reasons.flat());
}
