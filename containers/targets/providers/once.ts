/** Remembers what the checks of one deployment under test share, so that it is done once. */
export class Once {
  readonly #known = new Map<string, Promise<unknown>>();

  /**
   * The result of the first call with this key; later calls share it, its failure included.
   *
   * @param key names what is shared, e.g. `catalogue and direct listings`; one key must always mean the same work
   */
  do<T>(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#known.get(key);
    if (known !== undefined) return known as Promise<T>;
    const begun = work();
    this.#known.set(key, begun);
    return begun;
  }
}
