import { redact } from "../../../helpers/core/text/redaction.ts";
import type { Leak } from "../../../helpers/run/run-record.ts";
import type { CheckObserver } from "../execute-check.ts";

/** Keeps the evidence of checks in memory: only a check itself reads what it kept. */
export class MemoryObserver implements CheckObserver {
  /** Secrets that LiteLLM returned in responses. */
  readonly responseLeaks: Leak[] = [];
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #kept = new Map<string, string>();

  /** @param secrets name to value; replaced in everything that is kept */
  constructor(secrets: ReadonlyMap<string, string>) {
    this.#secrets = secrets;
  }

  async keep(path: string, content: string): Promise<string> {
    this.#kept.set(path, redact(content, this.#secrets));
    return path;
  }

  async keepPicture(path: string): Promise<string> {
    return path;
  }

  async read(path: string): Promise<string> {
    return this.#kept.get(path) ?? "";
  }

  async addPhase(): Promise<void> {}

  async addResponseLeaks(leaks: readonly Leak[]): Promise<void> {
    this.responseLeaks.push(...leaks);
  }

  async did(): Promise<void> {}

  async failed(): Promise<undefined> {}
}
