import { describe, expect, it } from "vitest";
import { errorResponse } from "./graphql-response.ts";
import type { Json, JsonObject } from "./json.ts";
import { type CheckedEngine, selfCheck } from "./self-check.ts";

/** An engine over a database in memory, which can be wrong in one way. */
class FakeEngine implements CheckedEngine {
  readonly #fault: string | undefined;
  readonly #rows = new Map<string, JsonObject>();

  constructor(fault?: string) {
    this.#fault = fault;
  }

  async startTransaction(): Promise<JsonObject> {
    return this.#fault === "no transaction" ? errorResponse("busy") : { id: "t1" };
  }

  async rollback(): Promise<JsonObject> {
    if (this.#fault !== "no rollback") this.#rows.clear();
    return {};
  }

  async query(body: Json): Promise<JsonObject> {
    const document = JSON.stringify(body);
    if (document.includes("findUnique")) return { data: { result: [...this.#rows.values()][0] ?? null } };
    if (document.includes("queryRaw")) {
      const type = this.#fault === "encoded twice" ? "string" : "object";
      return { data: { result: [{ type: { prisma__type: "string", prisma__value: type } }] } };
    }
    if (document.includes("TeamTable")) return { data: { result: { members: this.#members() } } };
    return this.#createConfig(document);
  }

  #members(): Json {
    const written = ["plain", 'quoted "', "comma,", "{brace}", ""];
    return this.#fault === "array" ? written.slice(0, 4) : written;
  }

  #createConfig(document: string): JsonObject {
    if (this.#rows.size > 0)
      return this.#fault === "no unique" ? { data: { result: {} } } : errorResponse("exists", { error_code: "P2002" });
    const [, quoted = '""'] = /param_value: (".*")\}\) \{ param_value/.exec(JSON.parse(document).query) ?? [];
    const text: string = JSON.parse(quoted);
    const row = { param_value: this.#fault === "json" ? text.replace("ü", "u") : text };
    this.#rows.set("config", row);
    return { data: { result: row } };
  }
}

describe("the engine's self-check", () => {
  it("passes for an engine that is right", async () => {
    await expect(selfCheck(new FakeEngine())).resolves.toBeUndefined();
  });

  it.each([
    ["no transaction", "a transaction starts"],
    ["json", "JSON is read as it was written"],
    ["encoded twice", "JSON is stored as an object"],
    ["array", "an array is read as it was written"],
    ["no unique", "a second row with the same key is refused"],
    ["no rollback", "a rolled back transaction leaves nothing"],
  ])("finds an engine with this fault: %s", async (fault, expected) => {
    await expect(selfCheck(new FakeEngine(fault))).rejects.toThrow(`self-check failed: expected that ${expected}`);
  });
});
