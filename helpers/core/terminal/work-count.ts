/** Pieces of one kind of work, e.g. the images of a run: how many there are, how many are done, and how long the rest takes. */
export class WorkCount {
  readonly kind: string;
  readonly #began: number;
  #total = 0;
  #done = 0;

  /** @param now milliseconds since the epoch */
  constructor(kind: string, now: number) {
    this.kind = kind;
    this.#began = now;
  }

  add(): void {
    this.#total++;
  }

  finish(): void {
    this.#done++;
  }

  get pending(): number {
    return this.#total - this.#done;
  }

  /** Milliseconds since the first piece was announced. */
  elapsed(now: number): number {
    return now - this.#began;
  }

  /**
   * E.g. `images 9/22, about 2 min left, building litellm`.
   *
   * @param running names of the steps that run
   */
  text(now: number, running: readonly string[]): string {
    return [
      `${this.kind} ${this.#done}/${this.#total}`,
      ...this.#rest(now),
      ...(running.length === 0 ? [] : [running.join(", ")]),
    ].join(", ");
  }

  /** Pieces differ in size: before some are done, nothing can be said. */
  #rest(now: number): string[] {
    if (this.#done < 3 || this.pending === 0) return [];
    const left = (this.elapsed(now) / this.#done) * this.pending;
    const minutes = Math.round(left / 60_000);
    return [minutes === 0 ? "less than a minute left" : `about ${minutes} min left`];
  }
}
