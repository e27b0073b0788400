/** What the engine uses of npm packages that only its image has. */

declare module "pg" {
  export interface QueryConfig {
    text: string;
    types?: { getTypeParser(type: number, format?: string): unknown };
  }
  export interface QueryResult {
    /** Missing in the result of several statements. */
    fields?: { name: string; dataTypeID: number }[];
    rows: unknown[];
  }
  export type QueryCallback = (error: Error | undefined, result: QueryResult | undefined) => void;
  export class Client {
    query(config: string | QueryConfig, values?: unknown[], callback?: QueryCallback): Promise<QueryResult>;
  }
  export class Pool {
    constructor(options: { connectionString: string; max: number; options: string; Client: typeof Client });
    on(event: "error", listener: (error: Error) => void): this;
    query(text: string): Promise<QueryResult>;
    end(): Promise<void>;
  }
  const pg: { Client: typeof Client; Pool: typeof Pool };
  export default pg;
}

declare module "@prisma/driver-adapter-utils" {
  export interface DriverAdapter {
    readonly errorRegistry: { consumeError(id: number): { error: unknown } | undefined };
  }
  export function bindAdapter(adapter: object): DriverAdapter;
}

declare module "@prisma/adapter-pg" {
  import type { Pool } from "pg";
  export class PrismaPg {
    constructor(pool: Pool, options: { schema: string });
  }
}

declare module "@prisma/client/runtime/query_engine_bg.postgresql.js" {
  import type { DriverAdapter } from "@prisma/driver-adapter-utils";
  /** The engine. It takes and returns JSON as text. */
  export class QueryEngine {
    constructor(options: object, log: (line: string) => void, adapter: DriverAdapter);
    connect(trace: string): Promise<void>;
    query(body: string, trace: string, transaction: string | undefined): Promise<string>;
    startTransaction(options: string, trace: string): Promise<string>;
    commitTransaction(id: string, trace: string): Promise<string>;
    rollbackTransaction(id: string, trace: string): Promise<string>;
  }
  export function __wbg_set_wasm(exports: object): void;
}

/** Node has it; neither its types nor those of the language do. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    readonly exports: object;
    constructor(module: Module, imports: object);
  }
}
