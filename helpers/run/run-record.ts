import type {} from "vitest";
import type { Phase } from "../core/progress.ts";
import type { DeploymentOutline } from "../deployment/outline.ts";

/** One part of the network, as the report names it. */
export interface PartRecord {
  /** Its name on the network, e.g. `litellm`. */
  name: string;
  /** Rig that it belongs to. */
  rig: string;
  version: string;
  /** Image reference that was started. */
  image: string;
  /** `sha256:…` of the image. */
  digest: string;
  origin: "pulled" | "built";
  /** Where it came from: the upstream image's name, or the packages. */
  source: string;
  containerId: string;
}

/** Something that the suite changed or added in the copy of the deployment that it started. */
export interface RenderedChange {
  /** `compose.yaml:litellm.labels`, `litellm/config.yaml:model_list[0]` … */
  where: string;
  what: string;
  why: string;
}

/** A part or the engine that failed, which is nobody's conformance. */
export interface EnvironmentFailure {
  part: string | undefined;
  message: string;
  /** Last log lines. */
  log: readonly string[];
}

/** A secret seen where the policy does not allow it: by name and place, never by value. */
export interface Leak {
  secret: string;
  location: string;
}

/** What the main process knows of a run; `run.json` in the run's directory, rewritten after each change. */
export interface RunRecord {
  id: string;
  startedAt: string;
  suiteVersion: string;
  /** The command line's arguments behind `npm test --`. */
  arguments: readonly string[];
  deployment: { folder: string; digest: string } & DeploymentOutline;
  engine: { version: string; apiVersion: string };
  parts: readonly PartRecord[];
  changes: readonly RenderedChange[];
  phases: readonly Phase[];
  environmentFailures: readonly EnvironmentFailure[];
  /** ISO 8601; when the run was interrupted by a signal. What failed after that says nothing of the gateway. */
  interruptedAt: string | undefined;
}

/** Handed to every worker by vitest's `provide`/`inject` under the name `run`. */
export interface RunDescriptor {
  id: string;
  /** Absolute; becomes `reports/latest` when the run is over. Evidence paths are relative to it. */
  directory: string;
  /** Absolute folder of the deployment under test. */
  deployment: string;
  /** Where workers ask the main process for rigs. */
  rigServer: { url: string; token: string };
}

declare module "vitest" {
  interface ProvidedContext {
    run: RunDescriptor;
  }
  interface TaskMeta {
    /** Requirement ids that the check proves. */
    requirements?: string[];
    /** Files of evidence, relative to the run's directory. */
    evidence?: string[];
    /** Folder of what a failure left, relative to the run's directory. */
    failure?: string;
    /** A file that could not be written, and why: the environment's fault. */
    evidenceLost?: string;
    /** Findings in words, for the reader of the report. */
    findings?: string[];
    /** Rigs that the check used. */
    rigs?: string[];
    /** Requests of the check that LiteLLM took, and the milliseconds that it took for them, side by side or not. */
    gateway?: { requests: number; milliseconds: number };
    /** Set when the running version lacks the feature, found by detection. */
    notSupported?: string;
    /** Set when the check failed as a known gap says: the failure's own words. */
    knownGap?: string;
  }
}
