import { describe, expect, it } from "vitest";
import { readOptions } from "./options.ts";

const environment = { PRISMA_DML_PATH: "/schema.prisma", DATABASE_URL: "postgresql://a@b/c" };

describe("how prisma-client-py starts its engine", () => {
  it("asks for the version", () => {
    expect(readOptions(["--version"], {})).toBe("version");
  });

  it("names the port, the schema and the database", () => {
    expect(readOptions(["-p", "4321", "--enable-raw-queries"], environment)).toEqual({
      port: 4321,
      schemaPath: "/schema.prisma",
      databaseUrl: "postgresql://a@b/c",
    });
  });

  it("may name another database than DATABASE_URL", () => {
    const OVERWRITE_DATASOURCES = '[{"name": "client", "url": "postgresql://other/c"}]';
    expect(readOptions(["-p", "1"], { ...environment, OVERWRITE_DATASOURCES })).toMatchObject({
      databaseUrl: "postgresql://other/c",
    });
  });

  it.each([
    [[], environment, "a port"],
    [["-p", "1"], { DATABASE_URL: "postgresql://a@b/c" }, "PRISMA_DML_PATH"],
    [["-p", "1"], { PRISMA_DML_PATH: "/schema.prisma" }, "DATABASE_URL"],
  ])("is refused without what it needs", (commandLine, variables, message) => {
    expect(() => readOptions(commandLine, variables)).toThrow(message);
  });
});
