import type { Images } from "../../containers/images/images.ts";
import type { PartPlan, RunNetwork } from "../../containers/parts/part.ts";
import { commandSucceeds, readyWhenRunning } from "../../containers/parts/readiness.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import type { ServiceSource } from "../../helpers/deployment/services/service-plan.ts";
import type { NeededService } from "../candidate/types.ts";

/**
 * The plan of a service that the candidate needs.
 *
 * @param fill puts the run's secrets into a text
 * @throws {EnvironmentError} when its image cannot be provided
 */
export async function neededServicePlan(
  images: Images,
  part: NeededService,
  network: RunNetwork,
  fill: (text: string) => string,
): Promise<PartPlan> {
  const { name, command, environment, files, ready } = part;
  const { image } = await images.service(name, [sourceOf(part)]);
  const isPostgres = part.from.kind === "postgres";
  const readiness = ready ?? (isPostgres ? ["pg_isready", "-q", "-h", "127.0.0.1"] : undefined);
  return {
    name,
    image,
    networks: [{ network, aliases: [name] }],
    environment: Object.fromEntries([...environment].map(([key, value]) => [key, fill(value)])),
    files: [...files].map(([target, content]) => ({ target, content: fill(content) })),
    ...(command === undefined ? {} : { command }),
    ready: readiness === undefined ? readyWhenRunning : commandSucceeds(...readiness),
    startDeadline: deadlines.databaseStart,
  };
}

function sourceOf({ from, command }: NeededService): ServiceSource {
  switch (from.kind) {
    case "debian":
      return { from: "debian", packages: from.packages };
    case "postgres":
      return { from: "recipe", part: "postgres", version: undefined };
    case "image":
      return { from: "image", image: from.image };
    case "package":
      return { from: "packages", packages: from.packages, entrypoint: undefined, command };
  }
}
