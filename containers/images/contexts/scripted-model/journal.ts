import type { IncomingMessage } from "node:http";
import type { JournalEntry, JournalReply } from "./protocol.ts";

/** What is recorded of a request before it is answered. */
type NewEntry = Omit<JournalEntry, "sequence" | "reply">;

/** Every request since the server started, in the order of arrival. */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #began = new WeakMap<JournalEntry, number>();
  #sequence = 0;

  /** Records a request on arrival, so that a request that hangs is recorded too. */
  begin(request: NewEntry): JournalEntry {
    this.#sequence += 1;
    const entry = { sequence: this.#sequence, ...request };
    this.#entries.push(entry);
    this.#began.set(entry, performance.now());
    return entry;
  }

  /** Adds the reply. */
  end(entry: JournalEntry, reply: Omit<JournalReply, "took">): void {
    const took = Math.round(performance.now() - (this.#began.get(entry) ?? 0));
    entry.reply = { ...reply, took };
  }

  /** All entries; with an id, those of that script; with null, those that match no script. */
  entries(script?: string | null): JournalEntry[] {
    return script === undefined ? [...this.#entries] : this.#entries.filter((entry) => entry.script === script);
  }

  /** Deletes a script's entries: otherwise a long run would keep every conversation in memory. */
  forget(script: string): void {
    const kept = this.#entries.filter((entry) => entry.script !== script);
    this.#entries.splice(0, this.#entries.length, ...kept);
  }
}

/** The headers to record: all except Authorization, which contains a key. */
export function keptHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== "authorization")
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

/** The name of the request's key among the script's keys. */
export function nameKey(
  { headers }: IncomingMessage,
  keys: Readonly<Record<string, string>> | undefined,
): JournalEntry["providerKey"] {
  if (keys === undefined) return "unchecked";
  if (headers.authorization === undefined) return "missing";
  const [found] = Object.entries(keys).find(([, value]) => headers.authorization === `Bearer ${value}`) ?? [];
  return found === undefined ? "another" : { name: found };
}
