import { describe, expect, it } from "vitest";
import { liteLLMDatabase } from "./database.ts";

const location = { file: "compose.yaml", line: 1, column: 1 };

function databaseOf(variables: Record<string, string>, generalSettings?: Record<string, unknown>) {
  const environment = new Map(Object.entries(variables).map(([name, value]) => [name, { value, location }]));
  const document = generalSettings === undefined ? {} : { general_settings: generalSettings };
  const found = liteLLMDatabase({ environment, document });
  return found && [found.namedBy, found.url.href];
}

describe("LiteLLM's own database", () => {
  it("is what DATABASE_URL names", () => {
    const url = "postgresql://llm:pw@db:5432/litellm";
    expect(databaseOf({ DATABASE_URL: url })).toEqual(["DATABASE_URL", url]);
    expect(databaseOf({ DATABASE_URL: url }, { database_url: "os.environ/UNSET" })?.[1]).toBe(url);
  });

  it("is what the config names, also by a variable", () => {
    const url = "postgres://llm@db/litellm";
    expect(databaseOf({}, { database_url: url })).toEqual(["general_settings.database_url", url]);
    expect(databaseOf({ PG: url, DATABASE_URL: "postgres://other/x" }, { database_url: "os.environ/PG" })?.[1]).toBe(
      url,
    );
  });

  it("is made from the single variables", () => {
    const single = { DATABASE_HOST: "db:5433", DATABASE_USERNAME: "llm", DATABASE_NAME: "litellm" };
    expect(databaseOf({ ...single, DATABASE_PASSWORD: "p@ss" })).toEqual([
      "DATABASE_HOST",
      "postgresql://llm:p%40ss@db:5433/litellm",
    ]);
    expect(databaseOf(single)?.[1]).toBe("postgresql://llm@db:5433/litellm");
    expect(databaseOf({ ...single, DATABASE_NAME: "" })).toBeUndefined();
  });

  it.each<Record<string, string>>([
    {},
    { DATABASE_URL: "" },
    { DATABASE_URL: "sqlite:///x" },
    { DATABASE_URL: "not a URL" },
  ])("is missing in %j", (variables) => {
    expect(databaseOf(variables)).toBeUndefined();
  });
});
