import { type LiteLLMDatabase, liteLLMDatabase } from "../../../helpers/deployment/litellm/database.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartImage } from "../../images/part-image.ts";
import { databaseHost } from "./database-servers.ts";

/** Variables that LiteLLM needs for its database in a rig, and why they differ from the operator's. */
export interface DatabaseSettings {
  environment: Readonly<Record<string, string>>;
  changes: readonly RenderedChange[];
}

/** Values of `sslmode` that a server without TLS satisfies. */
const withoutTls: readonly (string | null)[] = [null, "disable", "allow", "prefer"];

/**
 * What LiteLLM's environment needs for its database in a rig.
 *
 * @param image LiteLLM's
 */
export function databaseSettings(deployment: Deployment, image: PartImage): DatabaseSettings {
  const database = liteLLMDatabase(deployment.litellmConfig);
  if (database === undefined) return { environment: {}, changes: [] };
  const environment: Record<string, string> = {};
  const changes: RenderedChange[] = [];
  const set = (name: string, value: string, shown: string, why: string): void => {
    environment[name] = value;
    changes.push({ where: `compose.yaml:${deployment.litellm.name}.environment`, what: `set ${name}${shown}`, why });
  };
  const host = databaseHost(database, deployment.litellm);
  const sslMode = database.url.searchParams.get("sslmode");
  if (urlDiffers(database, deployment)) {
    const url = new URL(database.url);
    url.hostname = host;
    if (!withoutTls.includes(sslMode)) url.searchParams.set("sslmode", "disable");
    const why = "the run's PostgreSQL has an address of its own, and no TLS";
    // The value has the password.
    set(
      database.variable ?? "DATABASE_URL",
      url.href,
      `: the host is ${host}${sslMode === null ? "" : ", sslmode is disable"}`,
      why,
    );
  }
  if (image.origin === "built" && deployment.litellm.environment.get("DISABLE_SCHEMA_UPDATE") === undefined) {
    const why = "LiteLLM's own migrations have made its tables in the database's image";
    set("DISABLE_SCHEMA_UPDATE", "true", "=true", why);
  }
  return { environment, changes };
}

/**
 * Has LiteLLM read its database's URL from its environment, where {@link databaseSettings} has put the run's, and the config has
 * the operator's.
 *
 * @param config changed in place
 * @param file its name, for the list of changes
 */
export function readDatabaseUrlFromEnvironment(
  config: Record<string, unknown>,
  file: string,
  deployment: Deployment,
): RenderedChange[] {
  const database = liteLLMDatabase(deployment.litellmConfig);
  const settings = config.general_settings;
  if (database === undefined || database.variable !== undefined || !urlDiffers(database, deployment)) return [];
  if (typeof settings !== "object" || settings === null || !("database_url" in settings)) return [];
  settings.database_url = "os.environ/DATABASE_URL";
  const why = "the run's PostgreSQL has an address of its own, and no TLS";
  return [{ where: `${file}:general_settings.database_url`, what: "set to os.environ/DATABASE_URL", why }];
}

/** Whether the run's PostgreSQL has another URL than the operator's. */
function urlDiffers(database: LiteLLMDatabase, { litellm }: Deployment): boolean {
  return (
    databaseHost(database, litellm) !== database.url.hostname ||
    !withoutTls.includes(database.url.searchParams.get("sslmode"))
  );
}
