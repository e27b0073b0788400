import { afterAll, beforeAll, expect } from "vitest";
import { connectEngine, type Engine } from "../../containers/engine/engine.ts";
import { removeRun } from "../../containers/engine/removal.ts";
import { newRun, type Run, runLabel } from "../../containers/engine/run-labels.ts";
import { Images } from "../../containers/images/images.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";

/** What the proofs run a candidate with. */
interface ProofResources {
  engine: Engine;
  run: Run;
  images: Images;
  progress: Progress;
  /** An image with Node. */
  image: string;
}

/**
 * Connects the proofs of a file to the engine. At the end of the file no container may be left.
 *
 * @returns gives each call a run of its own, and removes what it started
 */
export function proofEngine(): <T>(use: (resources: ProofResources) => Promise<T>) => Promise<T> {
  const progress = new Progress({ write: () => true });
  /** Containers that outlived their run. */
  const left: unknown[] = [];
  let shared: Pick<ProofResources, "engine" | "images" | "image">;
  beforeAll(async () => {
    const engine = await connectEngine({ progress });
    const images = new Images(engine, { mode: "auto", progress });
    shared = { engine, images, image: (await images.get("host")).reference };
  });
  afterAll(() => expect(left).toEqual([]));
  return async (use) => {
    const run = newRun({ keep: false });
    const { engine } = shared;
    try {
      return await use({ ...shared, run, progress });
    } finally {
      await removeRun(engine, run.id);
      left.push(...(await engine.docker.listContainers({ all: true, filters: { label: [`${runLabel}=${run.id}`] } })));
    }
  };
}
