import type { ServedDatabase } from "./database-servers.ts";

/** The database in the image that has LiteLLM's tables. */
const templateName = "litellm_template";

/**
 * The SQL, for psql, that makes the databases of a server and their users. It runs once, as the first database's user, who
 * is the superuser.
 *
 * @param databases those beyond the one that PostgreSQL's entry point makes
 * @param options `superuser`: name of the superuser; `hasTemplate`: whether the image has LiteLLM's tables
 */
export function setUpSql(
  databases: readonly ServedDatabase[],
  { superuser, hasTemplate }: { superuser: string; hasTemplate: boolean },
): string {
  const lines: string[] = [];
  const roles = new Set([superuser]);
  for (const { name, user, password, isLiteLLMs } of databases) {
    const [database, role] = [identifier(name), identifier(user)];
    if (!roles.has(user)) lines.push(`CREATE ROLE ${role} LOGIN PASSWORD ${literal(password)};`);
    roles.add(user);
    const fromTemplate = isLiteLLMs && hasTemplate;
    // Renamed, not copied: the image is this server's only.
    if (fromTemplate)
      lines.push(`DROP DATABASE IF EXISTS ${database};`, `ALTER DATABASE ${templateName} RENAME TO ${database};`);
    else lines.push(`CREATE DATABASE ${database};`);
    if (user !== superuser) lines.push(`ALTER DATABASE ${database} OWNER TO ${role};`);
    // Its statements have LiteLLM's credentials as parameters, and no check reads them.
    if (isLiteLLMs) lines.push(`ALTER DATABASE ${database} SET log_statement = 'none';`);
    if (fromTemplate && user !== superuser) lines.push(`\\connect ${database}`, ownTables(user));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** LiteLLM makes views, and an operator may migrate by hand: both take the owner. */
function ownTables(user: string): string {
  const owner = literal(user);
  return [
    `SELECT format('ALTER TABLE %I OWNER TO %I', tablename, ${owner}) FROM pg_tables WHERE schemaname = 'public' \\gexec`,
    `SELECT format('ALTER TYPE %I OWNER TO %I', typname, ${owner}) FROM pg_type WHERE typtype = 'e' \\gexec`,
  ].join("\n");
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  // E'…': the same in every setting of standard_conforming_strings.
  return `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
