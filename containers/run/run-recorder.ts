import { rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Phase, Progress } from "../../helpers/core/terminal/progress.ts";
import { outlineOf } from "../../helpers/deployment/outline.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import type { EnvironmentFailure, RunRecord } from "../../helpers/run/run-record.ts";
import type { Engine } from "../engine/engine.ts";
import type { Run } from "../engine/run-labels.ts";
import type { RigState } from "../rigs/rig.ts";

/** What a run's record is made of. */
export interface RunRecorderOptions {
  run: Run;
  engine: Engine;
  deployment: Deployment;
  /** Absolute directory of the run's files. */
  directory: string;
  suiteVersion: string;
  /** The command line's arguments. */
  arguments: readonly string[];
  progress: Progress;
  /** The rigs that have started until now. */
  rigs: () => readonly RigState[];
}

/** Collects what is known of a run, and writes it to `run.json` in the run's directory. */
export class RunRecorder {
  readonly #options: RunRecorderOptions;
  readonly #startedAt = new Date().toISOString();
  readonly #failures: EnvironmentFailure[] = [];
  readonly #checkPhases: Phase[] = [];
  #interruptedAt: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: RunRecorderOptions) {
    this.#options = options;
  }

  get isInterrupted(): boolean {
    return this.#interruptedAt !== undefined;
  }

  /** Records that the environment failed. */
  addFailure(failure: Error): void {
    const { part, log } = failure instanceof EnvironmentError ? failure : { part: undefined, log: [] };
    this.#failures.push({ part, message: failure.message, log });
  }

  /** Records an interruption by a signal. */
  addInterruption(reason: EnvironmentError): void {
    this.#interruptedAt = new Date().toISOString();
    this.addFailure(reason);
  }

  /** Records a phase that a check measured. */
  addPhase(phase: Phase): void {
    this.#checkPhases.push(phase);
  }

  /** What is known of the run until now. */
  record(): RunRecord {
    const { run, engine, deployment, suiteVersion, arguments: args, progress } = this.#options;
    const rigs = this.#options.rigs();
    return {
      id: run.id,
      startedAt: this.#startedAt,
      suiteVersion,
      arguments: args,
      deployment: {
        folder: relative(process.cwd(), deployment.folder) || ".",
        digest: deployment.digest,
        ...outlineOf(deployment),
      },
      engine: { version: engine.version, apiVersion: engine.apiVersion },
      parts: rigs.flatMap(({ parts }) => Object.values(parts).map(({ record: part }) => part)),
      changes: rigs.flatMap(({ changes }) => changes),
      phases: [...progress.phases, ...this.#checkPhases],
      environmentFailures: this.#failures,
      interruptedAt: this.#interruptedAt,
    };
  }

  /** Replaces `run.json`. One write at a time; an error is ignored. */
  write(): Promise<void> {
    const record = this.record();
    const file = join(this.#options.directory, "run.json");
    this.#writing = this.#writing.then(async () => {
      try {
        // Reporters read the file while checks run: they must never see an incomplete one.
        await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
        await rename(`${file}.new`, file);
      } catch {
        // A full disk must not end the run: the report gets the record from the rig server, and says what is missing.
      }
    });
    return this.#writing;
  }
}
