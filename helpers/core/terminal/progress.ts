import { type Colours, coloursFor } from "./colours.ts";
import { WorkCount } from "./work-count.ts";

/** A finished step, for the report. */
export interface Phase {
  name: string;
  /** ISO 8601. */
  startedAt: string;
  milliseconds: number;
  ok: boolean;
}

/** A step that is running, e.g. the build of an image. */
export interface Step {
  /** Replaces the text after the name, e.g. the current line of a build. */
  note(text: string): void;
  /** Ends the step successfully; `note` is printed after the duration. */
  done(note?: string): void;
  /** Ends the step as failed; `note` is printed after the duration. */
  failed(note?: string): void;
}

/** For so long nothing may be said while something runs, where the output is not a terminal; milliseconds. */
const longestSilence = 15_000;

/** What a step belongs to. */
export interface StepOptions {
  /** Kind of work that the step is a piece of, e.g. `images`: the pieces of a kind are shown as one count. */
  kind?: string;
  /** How the count names it while it runs, e.g. `building litellm`. */
  shownAs?: string;
  /** The step is not shown while pieces of this kind of work are pending: it waits for them. */
  after?: string;
}

interface RunningStep extends StepOptions {
  since: number;
  note: string;
}

/** A terminal, or any other stream of lines. */
export interface ProgressOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/**
 * Shows the running steps and their durations, on standard error by default: one redrawn line on a terminal, plain
 * lines elsewhere. Records the finished steps for the report.
 */
export class Progress {
  /** The finished steps, in the order in which they ended. */
  readonly phases: Phase[] = [];
  readonly #running = new Map<string, RunningStep>();
  readonly #counts = new Map<string, WorkCount>();
  readonly #out: ProgressOutput;
  readonly #colours: Colours;
  #timer: NodeJS.Timeout | undefined;
  #waitingFor: string | undefined;
  #now: string | undefined;
  #saidAt = 0;

  constructor(out: ProgressOutput = process.stderr) {
    this.#out = out;
    this.#colours = coloursFor(out);
  }

  /** A terminal that cannot move its cursor gets plain lines. */
  get #redraws(): boolean {
    return this.#out.isTTY === true && process.env.TERM !== "dumb";
  }

  /** Starts a step; only one step of the same name may run at a time. */
  start(name: string, options: StepOptions = {}): Step {
    const since = Date.now();
    const startedAt = new Date(since).toISOString();
    this.#running.set(name, { ...options, since, note: "" });
    this.#watch();
    const end = (ok: boolean, note?: string): void => {
      if (!this.#running.delete(name)) return;
      const milliseconds = Date.now() - since;
      this.phases.push({ name, startedAt, milliseconds, ok });
      const mark = ok ? this.#colours.green("✓") : this.#colours.red("✗");
      if (ok && options.kind !== undefined) return;
      this.line(`${mark} ${name} ${this.#colours.dim(`${seconds(milliseconds)}${note ? `, ${note}` : ""}`)}`);
      if (this.#running.size === 0 && this.#waitingFor === undefined) this.#stop();
    };
    return {
      note: (text) => {
        const entry = this.#running.get(name);
        if (entry) entry.note = text;
      },
      done: (note) => end(true, note),
      failed: (note) => end(false, note),
    };
  }

  /** Runs `work` as a step; an exception ends it as failed and is rethrown. */
  async during<T>(name: string, work: (step: Step) => Promise<T>, options: StepOptions = {}): Promise<T> {
    const step = this.start(name, options);
    try {
      const result = await work(step);
      step.done();
      return result;
    } catch (error) {
      step.failed();
      throw error;
    }
  }

  /** Does a piece of a kind of work, which is counted from now on; see {@link StepOptions.kind}. */
  async piece<T>(kind: string, work: () => Promise<T>): Promise<T> {
    const count = this.#counts.get(kind) ?? new WorkCount(kind, Date.now());
    this.#counts.set(kind, count);
    count.add();
    this.#watch();
    try {
      return await work();
    } finally {
      count.finish();
      if (count.pending === 0) {
        this.line(
          `${this.#colours.green("✓")} ${count.text(Date.now(), [])} ${this.#colours.dim(seconds(count.elapsed(Date.now())))}`,
        );
        this.#counts.delete(kind);
      }
    }
  }

  /**
   * Sets a text to show next to the steps, e.g. the running checks; undefined removes it. The redrawn line of a terminal
   * shows it at once; elsewhere it is said after a silence.
   *
   * @param now the check that has run longest; not shown next to steps, because it may wait for one of them
   */
  await(what: string | undefined, now?: string): void {
    this.#waitingFor = what;
    this.#now = now;
    if (what !== undefined) this.#watch();
    else if (this.#running.size === 0) this.#stop();
  }

  /** Prints a line above the redrawn one. */
  line(text: string): void {
    if (this.#redraws) this.#out.write("\r\x1b[K");
    this.#out.write(`${text}\n`);
    this.said();
  }

  /** Something else was printed, e.g. on standard output: the silence begins again. */
  said(): void {
    this.#saidAt = Date.now();
  }

  #watch(): void {
    if (this.#timer !== undefined) return;
    this.said();
    this.#timer = setInterval(() => this.#tick(), this.#redraws ? 200 : 1_000).unref();
  }

  #tick(): void {
    const now = Date.now();
    if (!this.#redraws && now - this.#saidAt < longestSilence) return;
    const text = this.#text(now);
    if (text === "") return;
    if (this.#redraws)
      this.#out.write(`\r\x1b[K${this.#colours.dim("…")} ${text.slice(0, (this.#out.columns ?? 80) - 3)}`);
    else this.line(`… ${text}`);
  }

  /** What runs: each kind of work as a count, the other steps, and what the run waits for. */
  #text(time: number): string {
    const steps = [...this.#running];
    const counts = [...this.#counts.values()].map((count) =>
      count.text(
        time,
        steps.flatMap(([name, { kind, shownAs }]) => (kind === count.kind ? [shownAs ?? name] : [])),
      ),
    );
    const shown = steps.filter(
      ([, { kind, after }]) => !this.#counts.has(kind ?? "") && !this.#counts.has(after ?? ""),
    );
    const others = shown.map(
      ([name, { since, note }]) => `${name} ${seconds(time - since)}${note ? ` (${note})` : ""}`,
    );
    const work = [...counts, ...others];
    if (this.#waitingFor === undefined) return work.join(" · ");
    const now = this.#now === undefined || work.length > 0 ? "" : `, now: ${this.#now}`;
    return [...work, `${this.#waitingFor}${now}`].join(" · ");
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#redraws) this.#out.write("\r\x1b[K");
  }
}

/** The progress of this process: builds, starts and checks share its line. */
export const progress = new Progress();

/** A duration as text: `1.2 s`, `3 min 20 s`. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const total = Math.round(milliseconds / 1000);
  return `${Math.floor(total / 60)} min ${total % 60} s`;
}
