import type { RunConfig } from "../../helpers/core/run-config.ts";
import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import type { Deployment, Policy } from "../../helpers/deployment/types.ts";
import type { Engine } from "../engine/engine.ts";
import type { Run } from "../engine/run-labels.ts";
import type { Images } from "../images/images.ts";

/** What the parts of one deployment are planned and started from. */
export interface PartResources {
  engine: Engine;
  run: Run;
  images: Images;
  /** Loaded with the run's canaries in place of its secrets. */
  deployment: Deployment;
  canaries: Canaries;
  /** What LiteLLM's database is given, where that is not what the policy says: for proofs that the suite notices. */
  registered?: Pick<Policy, "identities" | "upstreams">;
  /** The versions and clients that were chosen for this run. */
  config: Pick<RunConfig, "versions" | "clients">;
}
