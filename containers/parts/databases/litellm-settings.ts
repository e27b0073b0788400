import { liteLLMDatabase } from "../../../helpers/deployment/litellm/database.ts";
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
  const host = databaseHost(database);
  const sslMode = database.url.searchParams.get("sslmode");
  if (host !== database.url.hostname || !withoutTls.includes(sslMode)) {
    const url = new URL(database.url);
    url.hostname = host;
    if (!withoutTls.includes(sslMode)) url.searchParams.set("sslmode", "disable");
    const why = "the run's PostgreSQL has an address of its own, and no TLS";
    // The value has the password.
    set("DATABASE_URL", url.href, `: the host is ${host}${sslMode === null ? "" : ", sslmode is disable"}`, why);
  }
  if (image.origin === "built" && deployment.litellm.environment.get("DISABLE_SCHEMA_UPDATE") === undefined) {
    const why = "LiteLLM's own migrations have made its tables in the database's image";
    set("DISABLE_SCHEMA_UPDATE", "true", "=true", why);
  }
  return { environment, changes };
}
