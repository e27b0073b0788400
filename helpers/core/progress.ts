import { type Colours, coloursFor } from "./colours.ts";

/** A phase that is over, for the report. Durations are in milliseconds. */
export interface Phase {
  name: string;
  startedAt: string;
  milliseconds: number;
  ok: boolean;
}

/** One thing that is being built or awaited. */
export interface Step {
  /** Replaces the text behind the name, e.g. the current line of a build. */
  note(text: string): void;
  done(note?: string): void;
  failed(note?: string): void;
}

/** How often a step that goes on is mentioned again where the output is no terminal, in milliseconds. */
const REMINDER_EVERY = 15_000;

/** A terminal, or anything else that takes lines. */
export interface ProgressOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/**
 * Says what is being built or awaited, and for how long, on standard error: one line that redraws itself on a
 * terminal, plain lines elsewhere. Keeps the phases for the report.
 */
export class Progress {
  readonly phases: Phase[] = [];
  readonly #running = new Map<string, { since: number; note: string; mentioned: number }>();
  readonly #out: ProgressOutput;
  readonly #colours: Colours;
  #timer: NodeJS.Timeout | undefined;
  #awaited: string | undefined;

  constructor(out: ProgressOutput = process.stderr) {
    this.#out = out;
    this.#colours = coloursFor(out);
  }

  /** A terminal that can't move its cursor gets plain lines. */
  get #redraws(): boolean {
    return this.#out.isTTY === true && process.env.TERM !== "dumb";
  }

  /** Begins a step; the same name may run only once at a time. */
  start(name: string): Step {
    const since = Date.now();
    const startedAt = new Date(since).toISOString();
    this.#running.set(name, { since, note: "", mentioned: since });
    this.#timer ??= setInterval(() => this.#tick(), this.#redraws ? 200 : 1_000).unref();
    const end = (ok: boolean, note?: string): void => {
      if (!this.#running.delete(name)) return;
      const milliseconds = Date.now() - since;
      this.phases.push({ name, startedAt, milliseconds, ok });
      const mark = ok ? this.#colours.green("✓") : this.#colours.red("✗");
      this.line(`${mark} ${name} ${this.#colours.dim(`${seconds(milliseconds)}${note ? `, ${note}` : ""}`)}`);
      if (this.#running.size === 0 && this.#awaited === undefined) this.#stop();
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

  /** Runs `work` as a step. */
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
   * Says what else is awaited, e.g. the checks that run; undefined for nothing more. It is shown in the redrawn line of a
   * terminal alone: elsewhere each step of it would be a line.
   */
  await(what: string | undefined): void {
    this.#awaited = what;
    if (what !== undefined && this.#redraws) this.#timer ??= setInterval(() => this.#tick(), 200).unref();
    else if (this.#running.size === 0) this.#stop();
  }

  /** Prints a line without breaking the redrawn one. */
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
      const text = [...steps, ...(this.#awaited === undefined ? [] : [this.#awaited])].join(" · ");
      this.#out.write(`\r\x1b[K${this.#colours.dim("…")} ${text.slice(0, (this.#out.columns ?? 80) - 3)}`);
      return;
    }
    for (const [name, entry] of this.#running) {
      if (now - entry.mentioned < REMINDER_EVERY) continue;
      entry.mentioned = now;
      this.line(`… ${name} ${seconds(now - entry.since)}${entry.note ? `: ${entry.note}` : ""}`);
    }
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#redraws) this.#out.write("\r\x1b[K");
  }
}

/** That of this process: what is built, what is started and what is checked share one line. */
export const progress = new Progress();

/** `1.2 s`, `3 min 20 s`. */
export function seconds(milliseconds: number): string {
  const total = milliseconds / 1000;
  if (total < 60) return `${total.toFixed(1)} s`;
  return `${Math.floor(total / 60)} min ${Math.round(total % 60)} s`;
}
