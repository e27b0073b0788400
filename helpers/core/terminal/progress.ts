import { type Colours, coloursFor } from "./colours.ts";

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

/** Time between two reminders of a running step when the output is not a terminal, in milliseconds. */
const reminderInterval = 15_000;

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
  readonly #running = new Map<string, { since: number; note: string; remindedAt: number }>();
  readonly #out: ProgressOutput;
  readonly #colours: Colours;
  #timer: NodeJS.Timeout | undefined;
  #waitingFor: string | undefined;

  constructor(out: ProgressOutput = process.stderr) {
    this.#out = out;
    this.#colours = coloursFor(out);
  }

  /** A terminal that cannot move its cursor gets plain lines. */
  get #redraws(): boolean {
    return this.#out.isTTY === true && process.env.TERM !== "dumb";
  }

  /** Starts a step; only one step of the same name may run at a time. */
  start(name: string): Step {
    const since = Date.now();
    const startedAt = new Date(since).toISOString();
    this.#running.set(name, { since, note: "", remindedAt: since });
    this.#timer ??= setInterval(() => this.#tick(), this.#redraws ? 200 : 1_000).unref();
    const end = (ok: boolean, note?: string): void => {
      if (!this.#running.delete(name)) return;
      const milliseconds = Date.now() - since;
      this.phases.push({ name, startedAt, milliseconds, ok });
      const mark = ok ? this.#colours.green("✓") : this.#colours.red("✗");
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
  async during<T>(name: string, work: (step: Step) => Promise<T>): Promise<T> {
    const step = this.start(name);
    try {
      const result = await work(step);
      step.done();
      return result;
    } catch (error) {
      step.failed();
      throw error;
    }
  }

  /**
   * Sets a text to show next to the steps, e.g. the running checks; undefined removes it. Only the redrawn line of a
   * terminal shows it: elsewhere each change would be a line of its own.
   */
  await(what: string | undefined): void {
    this.#waitingFor = what;
    if (what !== undefined && this.#redraws) this.#timer ??= setInterval(() => this.#tick(), 200).unref();
    else if (this.#running.size === 0) this.#stop();
  }

  /** Prints a line above the redrawn one. */
  line(text: string): void {
    if (this.#redraws) this.#out.write("\r\x1b[K");
    this.#out.write(`${text}\n`);
  }

  #tick(): void {
    const now = Date.now();
    if (this.#redraws) {
      const steps = [...this.#running].map(
        ([name, { since, note }]) => `${name} ${seconds(now - since)}${note ? ` (${note})` : ""}`,
      );
      const text = [...steps, ...(this.#waitingFor === undefined ? [] : [this.#waitingFor])].join(" · ");
      this.#out.write(`\r\x1b[K${this.#colours.dim("…")} ${text.slice(0, (this.#out.columns ?? 80) - 3)}`);
      return;
    }
    for (const [name, entry] of this.#running) {
      if (now - entry.remindedAt < reminderInterval) continue;
      entry.remindedAt = now;
      this.line(`… ${name} ${seconds(now - entry.since)}${entry.note ? `: ${entry.note}` : ""}`);
    }
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
  const total = milliseconds / 1000;
  if (total < 60) return `${total.toFixed(1)} s`;
  return `${Math.floor(total / 60)} min ${Math.round(total % 60)} s`;
}
