import type { LiteLLMConfig } from "./types.ts";

const reference = "os.environ/";

/** Variables from which LiteLLM makes the URL where `DATABASE_URL` is not set. The first three must be set. */
const parts = ["DATABASE_HOST", "DATABASE_USERNAME", "DATABASE_NAME", "DATABASE_PASSWORD"] as const;

/** LiteLLM's own PostgreSQL, with its virtual keys, teams, models and servers. */
export interface LiteLLMDatabase {
  url: URL;
  /** What names it: `DATABASE_URL` or `DATABASE_HOST` in LiteLLM's environment, or its config. */
  namedBy: "DATABASE_URL" | "DATABASE_HOST" | "general_settings.database_url";
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
  const inEnvironment = variable("DATABASE_URL");
  if (inEnvironment !== undefined) return named("DATABASE_URL", inEnvironment);
  const written = settingOf(document);
  if (written !== undefined) {
    const text = written.startsWith(reference) ? variable(written.slice(reference.length)) : written;
    return named("general_settings.database_url", text);
  }
  const [host, user, name, password] = parts.map(variable);
  if (host === undefined || user === undefined || name === undefined) return undefined;
  const credentials = [user, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(":");
  return named("DATABASE_HOST", `postgresql://${credentials}@${host}/${encodeURIComponent(name)}`);
}

function named(namedBy: LiteLLMDatabase["namedBy"], text: string | undefined): LiteLLMDatabase | undefined {
  const url = text === undefined ? null : URL.parse(text);
  return url === null || !/^postgres(ql)?:$/.test(url.protocol) ? undefined : { url, namedBy };
}

function settingOf(document: Record<string, unknown>): string | undefined {
  const settings = document.general_settings;
  if (typeof settings !== "object" || settings === null || !("database_url" in settings)) return undefined;
  return typeof settings.database_url === "string" ? settings.database_url : undefined;
}
