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

/**
 * LiteLLM's own database, as LiteLLM finds it.
 *
 * @returns undefined where it has none, or where its URL is none
 */
export function liteLLMDatabase({
  environment,
  document,
}: Pick<LiteLLMConfig, "environment" | "document">): LiteLLMDatabase | undefined {
  const variable = (name: string): string | undefined => environment.get(name)?.value || undefined;
  const written = settingOf(document);
  const referred = written?.startsWith(reference) ? written.slice(reference.length) : undefined;
  const inConfig = referred === undefined ? written : variable(referred);
  // LiteLLM puts what the config names into DATABASE_URL (litellm/proxy/proxy_cli.py).
  if (inConfig !== undefined) return named("general_settings.database_url", inConfig, referred);
  const inEnvironment = variable("DATABASE_URL");
  if (inEnvironment !== undefined) return named("DATABASE_URL", inEnvironment, "DATABASE_URL");
  const [host, user, name, password] = parts.map(variable);
  if (host === undefined || user === undefined || name === undefined) return undefined;
  const credentials = [user, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(":");
  return named("DATABASE_HOST", `postgresql://${credentials}@${host}/${encodeURIComponent(name)}`, "DATABASE_URL");
}

function named(
  namedBy: LiteLLMDatabase["namedBy"],
  text: string | undefined,
  variable: string | undefined,
): LiteLLMDatabase | undefined {
  const url = text === undefined ? null : URL.parse(text);
  return url === null || !/^postgres(ql)?:$/.test(url.protocol) ? undefined : { url, namedBy, variable };
}

function settingOf(document: Record<string, unknown>): string | undefined {
  const settings = document.general_settings;
  if (typeof settings !== "object" || settings === null || !("database_url" in settings)) return undefined;
  return typeof settings.database_url === "string" ? settings.database_url : undefined;
}
