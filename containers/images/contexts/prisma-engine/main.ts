import { readFileSync } from "node:fs";
import { Database } from "./database.ts";
import { readDatamodel } from "./datamodel.ts";
import { readOptions } from "./options.ts";
import { QueryEngine } from "./query-engine.ts";
import { selfCheck } from "./self-check.ts";
import { serve } from "./server.ts";

/**
 * The place of Prisma's native query engine, as prisma-client-py starts it: `query-engine --version`, or
 * `query-engine -p PORT …` with the schema's path and the database's URL in the environment. It ends with its parent.
 */
const options = readOptions(process.argv.slice(2), process.env);
if (options === "version") {
  console.log("query-engine 5.17.0-wasm");
} else {
  const schema = readFileSync(options.schemaPath, "utf8");
  const database = new Database(options.databaseUrl);
  const engine = new QueryEngine({ schema, datamodel: readDatamodel(schema), database });
  const server = serve(engine, options.port);
  const end = (code: number): void => {
    server.close();
    void database.end().finally(() => process.exit(code));
  };
  process.on("SIGINT", () => end(0));
  process.on("SIGTERM", () => end(0));
  endWithParent(() => end(0));
  try {
    await database.answers();
    await selfCheck(engine);
    server.ready();
  } catch (error) {
    // LiteLLM's start fails with it; the suite finds this line in LiteLLM's log.
    console.error(`prisma-engine: ${(error as Error).message}`);
    end(1);
  }
}

/** A killed LiteLLM sends no signal: the kernel then gives its children another parent. */
function endWithParent(end: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, 1000).unref();
}
