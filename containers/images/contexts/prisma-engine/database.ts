import { PrismaPg } from "@prisma/adapter-pg";
import { bindAdapter, type DriverAdapter } from "@prisma/driver-adapter-utils";
import pg, { type QueryCallback, type QueryConfig, type QueryResult } from "pg";

/** Parameters of Prisma's URLs that PostgreSQL does not know. */
const prismaParameters = [
  ...["schema", "connection_limit", "pool_timeout", "pgbouncer", "connect_timeout", "socket_timeout"],
  "statement_cache_size",
];

/** Types that the adapter does not know, and the one that it reads instead: name, unknown and void as text, name[] as text[]. */
const replacedTypes: ReadonlyMap<number, number> = new Map([
  [19, 25],
  [705, 25],
  [2278, 25],
  [1003, 1009],
]);

/** Milliseconds: prisma-client-py waits 10 s for its engine. */
const longestWait = 9_000;
/** Milliseconds between two attempts to reach PostgreSQL. */
const pause = 100;

/** PostgreSQL, as the engine reaches it. */
export class Database {
  readonly adapter: DriverAdapter;
  readonly #pool: InstanceType<typeof pg.Pool>;

  /** @param databaseUrl in Prisma's form, with its own parameters */
  constructor(databaseUrl: string) {
    const url = new URL(databaseUrl);
    const schema = url.searchParams.get("schema") ?? "public";
    const max = Number(url.searchParams.get("connection_limit") ?? 10);
    for (const name of prismaParameters) url.searchParams.delete(name);
    // In UTC: the adapter reads every time as UTC.
    this.#pool = new pg.Pool({ connectionString: url.href, max, options: "-c TimeZone=UTC", Client: TypedClient });
    this.#pool.on("error", (error) => console.error(`prisma-engine: a connection was lost: ${error.message}`));
    this.adapter = bindAdapter(new PrismaPg(this.#pool, { schema }));
  }

  /**
   * Waits until PostgreSQL answers: it may start at the same time.
   *
   * @throws {Error} with PostgreSQL's last answer
   */
  async answers(): Promise<void> {
    const end = performance.now() + longestWait;
    for (;;) {
      try {
        await this.#pool.query("SELECT 1");
        return;
      } catch (error) {
        if (performance.now() > end) throw new Error(`PostgreSQL does not answer: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** Closes the connections. */
  async end(): Promise<void> {
    await this.#pool.end();
  }
}

/** Reads columns of {@link replacedTypes} as the type that the adapter knows. */
class TypedClient extends pg.Client {
  // The pool waits by a callback, a transaction by a promise.
  override query(config: string | QueryConfig, values?: unknown[], callback?: QueryCallback): Promise<QueryResult> {
    if (typeof config !== "string" && config.types !== undefined) {
      const { types } = config;
      config.types = { getTypeParser: (type, format) => types.getTypeParser(known(type), format) };
    }
    if (callback === undefined) return super.query(config, values).then(withKnownTypes);
    return super.query(config, values, (error, result) => callback(error, result && withKnownTypes(result)));
  }
}

function withKnownTypes(result: QueryResult): QueryResult {
  for (const field of result.fields ?? []) field.dataTypeID = known(field.dataTypeID);
  return result;
}

function known(type: number): number {
  return replacedTypes.get(type) ?? type;
}
