import type { IncomingMessage } from "node:http";
import type { JournalEntry, JournalReply } from "./protocol.ts";

/** What is written of a request before it is answered. */
type Begun = Omit<JournalEntry, "sequence" | "reply">;

/** Every request since the server started, in the order in which they came. */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #began = new WeakMap<JournalEntry, number>();
  #sequence = 0;

  /** Writes a request down when it has arrived, so that one which hangs is seen too. */
  begin(request: Begun): JournalEntry {
    this.#sequence += 1;
    const entry = { sequence: this.#sequence, ...request };
    this.#entries.push(entry);
    this.#began.set(entry, performance.now());
    return entry;
  }

  /** Adds what was sent. */
  end(entry: JournalEntry, reply: Omit<JournalReply, "took">): void {
    const took = Math.round(performance.now() - (this.#began.get(entry) ?? 0));
    entry.reply = { ...reply, took };
  }

  /** All entries, one script's, or with null those that no script claimed. */
  entries(script?: string | null): JournalEntry[] {
    return script === undefined ? [...this.#entries] : this.#entries.filter((entry) => entry.script === script);
  }

  /** Drops a script's entries: a long run would otherwise keep every conversation in memory. */
  forget(script: string): void {
    const kept = this.#entries.filter((entry) => entry.script !== script);
    this.#entries.splice(0, this.#entries.length, ...kept);
  }
}

/** The headers that may be written down: all but Authorization, whose value is a key. */
export function keptHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== "authorization")
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

/** Names the request's key among the script's. */
export function nameKey(
  { headers }: IncomingMessage,
  keys: Readonly<Record<string, string>> | undefined,
): JournalEntry["providerKey"] {
  if (keys === undefined) return "unchecked";
  if (headers.authorization === undefined) return "missing";
  const [found] = Object.entries(keys).find(([, value]) => headers.authorization === `Bearer ${value}`) ?? [];
  return found === undefined ? "another" : { name: found };
}
