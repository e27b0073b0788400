import { request } from "undici";
import type { ModelScript } from "../../../helpers/checks/action-log.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { JournalEntry, Script, Turn } from "../../images/contexts/scripted-model/protocol.ts";

export type { JournalEntry, ScriptedCall, Turn } from "../../images/contexts/scripted-model/protocol.ts";

/** The scripted model in the provider's place, as a check directs it. */
export class ScriptedModel {
  readonly #baseUrl: string;
  readonly #scripts: ModelScript[];

  /**
   * @param baseUrl where this machine reaches it, e.g. `http://127.0.0.1:32768`
   * @param scripts takes every script that is set, so that a reproduction script can set it again
   */
  constructor(baseUrl: string, scripts: ModelScript[] = []) {
    this.#baseUrl = baseUrl;
    this.#scripts = scripts;
  }

  /**
   * Sets what the model answers to requests that contain a token; a script of the same id is replaced.
   *
   * @param id names the script in the journal
   * @throws {ScriptedModelError} when the script is not one, or another one has the same token
   */
  async script(
    id: string,
    { includes, ...rest }: { includes: string; turns: Turn[]; providerKeys?: Record<string, string> },
  ): Promise<void> {
    const script: Script = { match: { includes }, ...rest };
    this.#scripts.push({ id, script });
    await this.#ask("PUT", `/_scripts/${encodeURIComponent(id)}`, script);
  }

  /**
   * Removes a script, and its entries from the journal.
   *
   * @throws {ScriptedModelError} when no script has that id
   */
  async remove(id: string): Promise<void> {
    await this.#ask("DELETE", `/_scripts/${encodeURIComponent(id)}`);
  }

  /**
   * The requests that a script claimed, in the order in which they came.
   *
   * @param id null for those that no script claimed
   */
  async journal(id: string | null): Promise<JournalEntry[]> {
    const query = id === null ? "unscripted" : `script=${encodeURIComponent(id)}`;
    return (await this.#ask("GET", `/_journal?${query}`)) as JournalEntry[];
  }

  /** @throws {ScriptedModelError} when the model does not answer */
  async health(): Promise<{ status: "ok"; scripts: number }> {
    return (await this.#ask("GET", "/_health")) as { status: "ok"; scripts: number };
  }

  async #ask(method: "GET" | "PUT" | "DELETE", path: string, body?: object): Promise<unknown> {
    const what = `${method} ${this.#baseUrl}${path}`;
    try {
      const response = await request(`${this.#baseUrl}${path}`, {
        method,
        headersTimeout: deadlines.request,
        bodyTimeout: deadlines.request,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new ScriptedModelError(`${what}: ${response.statusCode} ${text}`);
      return JSON.parse(text) as unknown;
    } catch (error) {
      if (error instanceof ScriptedModelError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ScriptedModelError(`${what}: ${reason}`, { cause: error });
    }
  }
}

/** The scripted model refused what a check asked of it, or did not answer: the suite's fault, not the gateway's. */
export class ScriptedModelError extends Error {
  override readonly name = "ScriptedModelError";
}
