import type { LiteLLMConfig } from "./types.ts";

const reference = "os.environ/";

/** Variables from which LiteLLM makes the URL where `DATABASE_URL` is not set. The first three must be set. */
const parts = ["DATABASE_HOST", "DATABASE_USERNAME", "DATABASE_NAME", "DATABASE_PASSWORD"] as const;

/** LiteLLM's own PostgreSQL, with its virtual keys, teams, models and servers. */
export interface LiteLLMDatabase {
  url: URL;
  /** What names it: `DATABASE_URL` or `DATABASE_HOST` in LiteLLM's environment, or its config. */
  namedBy: "DATABASE_URL" | "DATABASE_HOST" | "general_settings.database_url";
  /** The variable that its URL is in, or would be; undefined for a URL that is in the config itself. */
  variable: string | undefined;
}

/** As {@link LiteLLMDatabase}, with the URL as written, which may be none of a PostgreSQL. */
export interface NamedDatabase extends Omit<LiteLLMDatabase, "url"> {
  text: string;
}

/**
 * LiteLLM's own database, as LiteLLM finds it.
 *
 * @returns undefined where it has none, or where its URL is none
 */
export function liteLLMDatabase(config: Pick<LiteLLMConfig, "environment" | "document">): LiteLLMDatabase | undefined {
  const { text, namedBy, variable } = namedDatabase(config) ?? {};
  const url = text === undefined ? null : URL.parse(text);
  return namedBy === undefined || url === null || !/^postgres(ql)?:$/.test(url.protocol)
    ? undefined
    : { url, namedBy, variable };
}

/** The URL of LiteLLM's own database as written; undefined where nothing names one. */
export function namedDatabase({
  environment,
  document,
}: Pick<LiteLLMConfig, "environment" | "document">): NamedDatabase | undefined {
  const variable = (name: string): string | undefined => environment.get(name)?.value || undefined;
  const written = settingOf(document);
  const referred = written?.startsWith(reference) ? written.slice(reference.length) : undefined;
  const inConfig = referred === undefined ? written : variable(referred);
  // LiteLLM puts what the config names into DATABASE_URL (litellm/proxy/proxy_cli.py).
  if (inConfig !== undefined) return { namedBy: "general_settings.database_url", text: inConfig, variable: referred };
  const inEnvironment = variable("DATABASE_URL");
  if (inEnvironment !== undefined) return { namedBy: "DATABASE_URL", text: inEnvironment, variable: "DATABASE_URL" };
  const [host, user, name, password] = parts.map(variable);
  if (host === undefined || user === undefined || name === undefined) return undefined;
  const credentials = [user, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(":");
  const text = `postgresql://${credentials}@${host}/${encodeURIComponent(name)}`;
  return { namedBy: "DATABASE_HOST", text, variable: "DATABASE_URL" };
}

function settingOf(document: Record<string, unknown>): string | undefined {
  const settings = document.general_settings;
  if (typeof settings !== "object" || settings === null || !("database_url" in settings)) return undefined;
  return typeof settings.database_url === "string" ? settings.database_url : undefined;
}
