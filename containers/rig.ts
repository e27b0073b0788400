import type { Canaries } from "../helpers/canaries.ts";
import type { Deployment } from "../helpers/deployment/types.ts";
import type { Progress } from "../helpers/progress.ts";
import type { RenderedChange } from "../helpers/run-record.ts";
import type { Engine } from "./engine.ts";
import type { Images } from "./images.ts";
import type { PartHandle } from "./part.ts";
import type { Run } from "./run.ts";

/** What starting a rig needs. */
export interface RigContext {
  engine: Engine;
  run: Run;
  images: Images;
  /** Loaded with the run's canaries in place of its secrets. */
  deployment: Deployment;
  canaries: Canaries;
  progress: Progress;
}

/** Names of the rigs. */
export type RigName = "edge" | "gateway";

/** A rig that runs, as plain data. */
export interface RigState {
  rig: RigName;
  parts: Readonly<Record<string, PartHandle>>;
  /** Network name in the deployment to its name on the engine. */
  networks: Readonly<Record<string, string>>;
  changes: readonly RenderedChange[];
}
