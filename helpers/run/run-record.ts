import type {} from "vitest";
import type { FailureDetails } from "../checks/check-failure.ts";
import type { Comparison } from "../checks/comparison.ts";
import type { Phase } from "../core/terminal/progress.ts";
import type { DeploymentOutline } from "../deployment/outline.ts";
import type { SourceLocation } from "../deployment/types.ts";
import type { KnownGap } from "../requirements/known-gaps.ts";

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

/** A part or the engine that failed: this says nothing about the deployment's conformance. */
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
  /** The line of the deployment that puts it there, where that is known. */
  at?: SourceLocation;
  /** Whether that line has the secret itself, and not the name of a variable. */
  isLiteral?: boolean;
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
  /** The deployment's known gaps, whichever versions they are of. */
  knownGaps: readonly KnownGap[];
  /** Where workers ask the main process for rigs. */
  rigServer: { url: string; token: string };
}

/** What became of a check. */
export type CheckOutcome = "passed" | "failed" | "known-gap" | "not-supported" | "not-tested";

/** A check's failure as it travels and is kept: no secret stands in it. */
export interface FailureRecord extends FailureDetails {
  /** As an operator reads it; see `failureText`. */
  message: string;
}

/** The entry of known-gaps.yaml that accounts for a failure. */
export type AcceptedGap = Pick<KnownGap, "reason" | "link" | "until" | "part" | "versions">;

/**
 * Why a check runs alone, when all others are over. `alone`: by its nature. `time-limit`: it exceeded one on a starved machine.
 * `broken-connection`: it failed after a connection of its own ended without an answer, on a starved machine, or after a 502 of
 * Traefik's between other answers. `slow-answers`: it failed after answers so slow, on a starved machine, that the gateway may have
 * given up on something itself. `rate-limit`: it failed after an answer 429 to it or to a client of its own, and other checks sent
 * requests at the same time. The failure of the last three stands where the check is not repeated.
 */
export type RepeatReason = "alone" | "time-limit" | "broken-connection" | "slow-answers" | "rate-limit";

/** A check that is to run alone. */
export interface Repeat {
  /** Its id. */
  check: string;
  why: RepeatReason;
}

/** What one check came to, as plain data: it travels from the worker that ran it to the reports. */
export interface CheckRecord {
  /** `ROUTE-03/look-alike-paths`. */
  id: string;
  /** What it proves, or what its failure counts against. */
  requirements: readonly string[];
  title: string;
  needs: readonly string[];
  outcome: CheckOutcome;
  /** Milliseconds that the check itself took, without the wait for its targets. */
  duration: number;
  /** Why it was not tested, is not supported, or is a known gap. */
  reason?: string;
  /** Set where it failed by finding that a requirement does not hold, known gaps included. */
  failure?: FailureRecord;
  /** The entry of known-gaps.yaml that accounts for the failure. */
  gap?: AcceptedGap;
  /** The engine, a part or the machine failed: no verdict is possible. */
  environment?: EnvironmentFailure;
  /** The check itself broke or waited to its deadline: neither the gateway's failure nor the environment's. */
  ownFault?: { name: string; message: string; stack?: string };
  /** Why it is to run alone when all others are over; undefined where it is not. */
  repeats?: RepeatReason;
  /** Rigs that it used. */
  rigs: readonly string[];
  /** Files of evidence, relative to the run's directory. */
  evidence: readonly string[];
  /** Sentences for the reader of the report. */
  findings: readonly string[];
  /** What it compared, for the pictures of the report; undefined for nothing. */
  comparisons?: readonly Comparison[];
  /** Folder of what the failure left, relative to the run's directory. */
  failureFolder?: string;
  /** A file of evidence that could not be written, and why. */
  evidenceLost?: string;
  /** Requests that LiteLLM answered, and the milliseconds that it took for them, concurrent or not. */
  gateway?: { requests: number; milliseconds: number };
}

/** A check that ran in the main process, when every other check was over: a final one, or one that was repeated alone. */
export interface FinalCheck {
  record: CheckRecord;
  /** The file that declares it, relative to the project's root. */
  file: string;
}

declare module "vitest" {
  interface ProvidedContext {
    run: RunDescriptor;
  }
  interface TaskMeta {
    /** Id of the check that the test runs. */
    checkId?: string;
    /** Set when the check is over. */
    check?: CheckRecord;
  }
}
