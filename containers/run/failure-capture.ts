import { stringify } from "yaml";
import type { Engine } from "../engine/engine.ts";
import { readLog } from "../parts/container-log.ts";
import type { PartHandle } from "../parts/part.ts";
import type { RigState } from "../rigs/rig.ts";

/** How many of the last lines of a part's log are kept. */
const keptLogLines = 3_000;

/**
 * Evidence of a failure, collected while the parts still run: the rendered deployment, the log of each part, and the
 * versions. It contains secrets, and must be redacted before it is written.
 *
 * @param since when the check began
 * @returns path to text
 */
export async function captureParts(
  engine: Engine,
  rigs: readonly RigState[],
  since: Date,
): Promise<ReadonlyMap<string, string>> {
  const parts = rigs.flatMap(({ parts: own }) => Object.values(own));
  const logs = await Promise.all(
    parts.map(async (part) => [`logs/${part.rig}/${part.name}.log`, await logOf(engine, part, since)] as const),
  );
  return new Map([
    ...rigs.flatMap((rig) => [...renderedDeployment(rig)]),
    ...logs.filter(([, log]) => log !== ""),
    [
      "parts.json",
      `${JSON.stringify(
        parts.map(({ record }) => record),
        null,
        2,
      )}\n`,
    ],
  ]);
}

/** A rig as a compose file, with the files that were copied into its parts. */
function renderedDeployment({ rig, parts }: RigState): Map<string, string> {
  const files = new Map<string, string>();
  const networks = new Set<string>();
  const services = Object.values(parts).map((part) => {
    const { entrypoint, command, environment, labels, user, workingDir, ...started } = part.started;
    for (const network of Object.keys(started.networks)) networks.add(network);
    for (const { target, content } of started.files) files.set(`deployment/${rig}/${part.name}${target}`, content);
    const service = {
      image: part.record.image,
      entrypoint,
      command,
      user,
      working_dir: workingDir,
      environment,
      labels,
      networks: Object.fromEntries(
        Object.entries(started.networks).map(([network, aliases]) => [network, aliases.length > 0 ? { aliases } : {}]),
      ),
      volumes: started.files.map(({ target }) => `./${part.name}${target}:${target}:ro`),
    };
    return [part.name, Object.fromEntries(Object.entries(service).filter(([, value]) => !isEmpty(value)))] as const;
  });
  const compose = {
    services: Object.fromEntries(services),
    networks: Object.fromEntries([...networks].map((network) => [network, {}])),
  };
  // Compose interpolates `$`; these values are already interpolated.
  const text = stringify(compose, { lineWidth: 0, aliasDuplicateObjects: false }).replaceAll("$", "$$$$");
  return files.set(`deployment/${rig}/compose.yaml`, text);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

async function logOf(engine: Engine, part: PartHandle, since: Date): Promise<string> {
  try {
    return await readLog(engine, part.containerId, { since, tail: keptLogLines });
  } catch (error) {
    // A missing part must not prevent that the logs of the others are kept.
    return `(its log could not be read: ${(error as Error).message})\n`;
  }
}
