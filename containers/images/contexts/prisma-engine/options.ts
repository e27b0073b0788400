/** What the engine is started with. */
export interface Options {
  /** It listens there on 127.0.0.1. */
  port: number;
  /** Path of the Prisma schema. */
  schemaPath: string;
  databaseUrl: string;
}

/**
 * Reads the arguments and variables that prisma-client-py gives to the native engine.
 *
 * @returns `version` when only the version is asked for
 * @throws {Error} naming what is missing
 */
export function readOptions(
  commandLine: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Options | "version" {
  if (commandLine.includes("--version")) return "version";
  const flag = commandLine.findIndex((word) => word === "-p" || word === "--port");
  const port = Number(commandLine[flag + 1]);
  if (flag < 0 || !Number.isInteger(port) || port <= 0) throw new Error("the option -p needs a port");
  const schemaPath = environment.PRISMA_DML_PATH;
  if (schemaPath === undefined) throw new Error("PRISMA_DML_PATH must name the Prisma schema");
  const databaseUrl = overwrittenUrl(environment.OVERWRITE_DATASOURCES) ?? environment.DATABASE_URL;
  if (databaseUrl === undefined) throw new Error("DATABASE_URL must be set");
  return { port, schemaPath, databaseUrl };
}

/** LiteLLM gives a URL that differs from `DATABASE_URL` as `[{"name": "client", "url": "postgresql://…"}]`. */
function overwrittenUrl(sources: string | undefined): string | undefined {
  if (sources === undefined) return undefined;
  const list = JSON.parse(sources) as { url?: string }[];
  return list[0]?.url;
}
