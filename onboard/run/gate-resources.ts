import type { Engine } from "../../containers/engine/engine.ts";
import type { Run } from "../../containers/engine/run-labels.ts";
import type { Images } from "../../containers/images/images.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";

/** What a column runs on. */
export interface GateResources {
  engine: Engine;
  run: Run;
  images: Images;
  progress: Progress;
}
