import { servicePlace } from "../../../helpers/deployment/compose/file-names.ts";
import { type LiteLLMDatabase, liteLLMDatabase } from "../../../helpers/deployment/litellm/database.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartImage } from "../../images/part-image.ts";
import { databaseHost, upstreamDatabases, urlInRig } from "./database-servers.ts";

/** Variables that LiteLLM needs for its database in a rig, and why they differ from the operator's. */
export interface DatabaseSettings {
  environment: Readonly<Record<string, string>>;
  changes: readonly RenderedChange[];
}

/**
 * What LiteLLM's environment needs for its database, and for those of its upstreams, in a rig.
 *
 * @param image LiteLLM's
 */
export function databaseSettings(deployment: Deployment, image: PartImage): DatabaseSettings {
  const database = liteLLMDatabase(deployment.litellmConfig);
  const environment: Record<string, string> = {};
  const changes: RenderedChange[] = [];
  const set = (name: string, value: string, shown: string, why: string): void => {
    environment[name] = value;
    changes.push({ where: servicePlace(deployment.litellm, "environment"), what: `set ${name}${shown}`, why });
  };
  const setUrl = (name: string, written: URL, host: string): void => {
    const url = urlInRig(written, host);
    if (url.href === written.href) return;
    const sslMode = written.searchParams.get("sslmode");
    const why = "the run's PostgreSQL has an address of its own, and no TLS";
    // The value has the password.
    set(name, url.href, `: the host is ${host}${sslMode === null ? "" : ", sslmode is disable"}`, why);
  };
  for (const { text, url, host } of upstreamDatabases(deployment))
    for (const [name, { value }] of deployment.litellm.environment) if (value === text) setUrl(name, url, host);
  if (database === undefined) return { environment, changes };
  const variable = database.variable ?? "DATABASE_URL";
  if (environment[variable] === undefined) setUrl(variable, database.url, databaseHost(database, deployment.litellm));
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
function urlDiffers({ url }: LiteLLMDatabase, { litellm }: Deployment): boolean {
  return urlInRig(url, databaseHost({ url }, litellm)).href !== url.href;
}
