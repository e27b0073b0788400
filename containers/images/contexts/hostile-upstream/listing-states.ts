/** What an endpoint does with a `tools/list`: answer it, refuse it with an error, or wait until its state changes. */
export type ListingState = "answers" | "refuses" | "holds";

/** An endpoint's listings, as `GET /_listing/<endpoint>` returns them. */
export interface Listings {
  state: ListingState;
  /** How many were refused since the start. */
  refused: number;
  /** How many wait now. */
  held: number;
}

/** Whether a text is the name of a state. */
export function isListingState(text: string | undefined): text is ListingState {
  return text === "answers" || text === "refuses" || text === "holds";
}

/** The listings of one endpoint, whose state a check can change: its next listing comes at a moment that the check chooses. */
export class SwitchedListings {
  #state: ListingState;
  #refused = 0;
  readonly #held = new Set<() => void>();

  constructor(state: ListingState) {
    this.#state = state;
  }

  get now(): Listings {
    return { state: this.#state, refused: this.#refused, held: this.#held.size };
  }

  /** Changes the state; the listings that wait go on. */
  set(state: ListingState): void {
    this.#state = state;
    for (const goOn of this.#held) goOn();
    this.#held.clear();
  }

  /**
   * Waits while listings are held.
   *
   * @param left fires when the client closes the connection: nothing waits for it any longer
   * @returns whether the listing is to be answered; false when it is refused
   */
  async admit(left: AbortSignal): Promise<boolean> {
    if (this.#state === "holds" && !left.aborted) {
      await new Promise<void>((resolve) => {
        this.#held.add(resolve);
        left.addEventListener("abort", () => {
          this.#held.delete(resolve);
          resolve();
        });
      });
    }
    if (this.#state !== "refuses") return true;
    this.#refused++;
    return false;
  }
}
