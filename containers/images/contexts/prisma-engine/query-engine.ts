import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as bindings from "@prisma/client/runtime/query_engine_bg.postgresql.js";
import type { Database } from "./database.ts";
import type { Datamodel } from "./datamodel.ts";
import { type Operation, readOperation } from "./graphql-request.ts";
import { errorResponse, writeResult } from "./graphql-response.ts";
import { isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import { patient } from "./transaction-options.ts";

/** What the engine is made of. */
interface QueryEngineOptions {
  /** Text of the Prisma schema. */
  schema: string;
  datamodel: Datamodel;
  database: Database;
}

/** The trace context of every call: none. */
const noTrace = "{}";

/** Prisma's query engine. Its requests and responses are those of the native one's GraphQL protocol. */
export class QueryEngine {
  readonly #datamodel: Datamodel;
  readonly #database: Database;
  readonly #engine: bindings.QueryEngine;
  #connected: Promise<void> | undefined;

  constructor({ schema, datamodel, database }: QueryEngineOptions) {
    this.#datamodel = datamodel;
    this.#database = database;
    loadWebAssembly();
    this.#engine = new bindings.QueryEngine(
      {
        datamodel: schema,
        logLevel: "error",
        logQueries: false,
        configDir: ".",
        env: process.env,
        ignoreEnvVarErrors: true,
        datasourceOverrides: {},
        engineProtocol: "json",
      },
      (line) => console.error(`prisma-engine: ${line}`),
      database.adapter,
    );
  }

  /**
   * Answers one request: `{"query": "…"}` or `{"batch": [{"query": "…"}], "transaction": true}`.
   *
   * @param transaction id of the transaction that it belongs to
   */
  async query(body: Json, transaction?: string): Promise<JsonObject> {
    await this.#connect();
    if (!isObject(body)) throw new Error("the request is not an object");
    if (Array.isArray(body.batch)) return await this.#batch(body.batch, body.transaction ?? null, transaction);
    const { alias, query } = this.#read(body);
    return writeResult(alias, this.#explained(await this.#ask(query, transaction)));
  }

  /** @param options `{"max_wait": …, "timeout": …}`, in milliseconds */
  async startTransaction(options: string): Promise<JsonObject> {
    await this.#connect();
    return this.#transactionResult(await this.#engine.startTransaction(patient(options), noTrace));
  }

  async commit(id: string): Promise<JsonObject> {
    return this.#transactionResult(await this.#engine.commitTransaction(id, noTrace));
  }

  async rollback(id: string): Promise<JsonObject> {
    return this.#transactionResult(await this.#engine.rollbackTransaction(id, noTrace));
  }

  async #batch(requests: readonly Json[], transaction: Json, id: string | undefined): Promise<JsonObject> {
    const operations = requests.map((request) => this.#read(request));
    const isolation = isObject(transaction) ? (transaction.isolationLevel ?? null) : null;
    const result = await this.#ask(
      {
        batch: operations.map(({ query }) => query),
        ...(transaction ? { transaction: { isolationLevel: isolation } } : {}),
      },
      id,
    );
    if (!isObject(result) || !Array.isArray(result.batchResult)) return asObject(this.#explained(result));
    return { batchResult: result.batchResult.map((one, index) => writeResult(operations[index]?.alias ?? "", one)) };
  }

  #read(request: Json): Operation {
    if (!isObject(request) || typeof request.query !== "string") throw new Error("the request has no query");
    return readOperation(request.query, this.#datamodel);
  }

  async #ask(query: object, transaction: string | undefined): Promise<Json> {
    return parseJson(await this.#engine.query(JSON.stringify(query), noTrace, transaction));
  }

  /** The result with the message of PostgreSQL's driver where the engine knows only a number of an error. */
  #explained(result: Json): Json {
    if (!isObject(result) || !Array.isArray(result.errors)) return result;
    const [error] = result.errors;
    const meta = isObject(error) && isObject(error.user_facing_error) ? error.user_facing_error.meta : null;
    const id = isObject(meta) ? meta.id : undefined;
    const known = typeof id === "number" ? this.#database.adapter.errorRegistry.consumeError(id) : undefined;
    return known === undefined ? result : errorResponse(`Error querying the database: ${String(known.error)}`);
  }

  #transactionResult(text: string): JsonObject {
    const result = asObject(parseJson(text));
    if (result.error_code === undefined) return result;
    return errorResponse(String(result.message), { error_code: result.error_code, meta: result.meta ?? {} });
  }

  #connect(): Promise<void> {
    this.#connected ??= this.#engine.connect(noTrace).catch((error: unknown) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }
}

function loadWebAssembly(): void {
  const file = fileURLToPath(import.meta.resolve("@prisma/client/runtime/query_engine_bg.postgresql.wasm"));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
    "./query_engine_bg.js": { ...bindings },
  });
  bindings.__wbg_set_wasm(instance.exports);
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}
