/** Remembers what the checks of one deployment under test share, so that it is done once. */
export class Once {
  readonly #known = new Map<string, Promise<unknown>>();
  #slowest = 0;

  /** How long the slowest of it took, in milliseconds. */
  get slowest(): number {
    return this.#slowest;
  }

  /**
   * The result of the first call with this key; later calls share it, its failure included.
   *
   * @param key names what is shared, e.g. `catalogue and direct listings`; one key must always mean the same work
   */
  do<T>(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#known.get(key);
    if (known !== undefined) return known as Promise<T>;
    const began = performance.now();
    const begun = work().finally(() => {
      this.#slowest = Math.max(this.#slowest, performance.now() - began);
    });
    this.#known.set(key, begun);
    return begun;
  }
}
