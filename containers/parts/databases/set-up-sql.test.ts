import { describe, expect, it } from "vitest";
import type { ServedDatabase } from "./database-servers.ts";
import { setUpSql } from "./set-up-sql.ts";

const own: ServedDatabase = { name: "litellm", user: "llm", password: "it's \\", isLiteLLMs: true };
const upstream: ServedDatabase = { name: "shop", user: "reader", password: "r", isLiteLLMs: false };

describe("the SQL that makes the databases of a server", () => {
  it("renames the template for LiteLLM, without anything else for the superuser", () => {
    expect(setUpSql([own], { superuser: "llm", hasTemplate: true })).toBe(
      [
        'DROP DATABASE IF EXISTS "litellm";',
        'ALTER DATABASE litellm_template RENAME TO "litellm";',
        `ALTER DATABASE "litellm" SET log_statement = 'none';`,
        "",
      ].join("\n"),
    );
  });

  it("gives LiteLLM's tables to another user", () => {
    const sql = setUpSql([own], { superuser: "shop", hasTemplate: true });
    expect(sql).toContain(String.raw`CREATE ROLE "llm" LOGIN PASSWORD E'it\'s \\';`);
    expect(sql).toContain(`ALTER DATABASE "litellm" OWNER TO "llm";`);
    expect(sql).toContain(String.raw`\connect "litellm"`);
    expect(sql).toContain("ALTER TABLE %I OWNER TO %I");
  });

  it("leaves the tables to LiteLLM where the image has none", () => {
    const sql = setUpSql([own], { superuser: "shop", hasTemplate: false });
    expect(sql).toContain('CREATE DATABASE "litellm";');
    expect(sql).not.toMatch(/template|ALTER TABLE/);
  });

  it("makes the database of another upstream, and a user once", () => {
    const sql = setUpSql([upstream, { ...upstream, name: 'a"b' }], { superuser: "root", hasTemplate: false });
    expect(sql.match(/CREATE ROLE/g)).toHaveLength(1);
    expect(sql).toContain('CREATE DATABASE "a""b";');
    expect(sql).not.toContain("log_statement");
  });
});
