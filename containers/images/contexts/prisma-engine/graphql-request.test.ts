import { describe, expect, it } from "vitest";
import { readDatamodel } from "./datamodel.ts";
import { readOperation } from "./graphql-request.ts";

const datamodel = readDatamodel(`
model Team {
  team_id String @id @default(uuid())
  admins  String[]
  metadata Json @default("{}")
  budget  Budget? @relation(fields: [budget_id], references: [budget_id])
}

model Budget {
  budget_id String @id
  limits    Json?
  data      String
}
`);

const read = (document: string) => readOperation(document, datamodel);

describe("a GraphQL document of prisma-client-py", () => {
  it("becomes one operation, with its alias and selection", () => {
    expect(
      read('query { result: findManyTeam(take: 2, where: {admins: {has: "a"}}) { team_id budget(take: 1) { data } } }'),
    ).toEqual({
      alias: "result",
      query: {
        modelName: "Team",
        action: "findMany",
        query: {
          arguments: { take: 2, where: { admins: { has: "a" } } },
          selection: { team_id: true, budget: { arguments: { take: 1 }, selection: { data: true } } },
        },
      },
    });
  });

  it.each([
    ["findUniqueTeamOrThrow", "findUniqueOrThrow"],
    ["upsertOneTeam", "upsertOne"],
    ["groupByTeam", "groupBy"],
  ])("names its action: %s", (name, action) => {
    expect(read(`query { ${name}(take: 1) { team_id } }`).query).toMatchObject({ modelName: "Team", action });
  });

  it("has no model for a raw query", () => {
    const { query } = read('mutation { result: queryRaw(query: "SELECT $1", parameters: "[\\"Json\\"]") }');
    expect(query).toEqual({
      action: "queryRaw",
      query: { arguments: { query: "SELECT $1", parameters: '["Json"]' }, selection: {} },
    });
  });

  it("has values of every kind, and large integers without loss", () => {
    const document =
      "query { findManyTeam(a: 1, b: 9007199254740993, c: 1.5, d: true, e: null, f: asc, g: [1]) { team_id } }";
    expect(read(document).query.query.arguments).toEqual({
      ...{ a: 1, b: { $type: "BigInt", value: "9007199254740993" }, c: 1.5, d: true, e: null, f: "asc", g: [1] },
    });
  });

  it.each<[string, string, unknown]>([
    ["a value", 'data: {metadata: "{\\"a\\": 1}"}', { data: { metadata: tagged('{"a": 1}') } }],
    ["a set", 'data: {metadata: {set: "{}"}}', { data: { metadata: { set: tagged("{}") } } }],
    [
      "a filter, but not its path",
      'where: {metadata: {path: ["a"], equals: "1"}}',
      { where: { metadata: { path: ["a"], equals: tagged("1") } } },
    ],
    ["a null value", 'where: {metadata: {equals: "DbNull"}}', { where: { metadata: { equals: "DbNull" } } }],
    [
      "a related model",
      'data: {budget: {create: {limits: "[]", data: "{}"}}}',
      { data: { budget: { create: { limits: tagged("[]"), data: "{}" } } } },
    ],
    ["a list of rows", 'data: [{metadata: "1"}]', { data: [{ metadata: tagged("1") }] }],
    [
      "conditions in a list",
      'where: {OR: [{metadata: {equals: "1"}}]}',
      { where: { OR: [{ metadata: { equals: tagged("1") } }] } },
    ],
  ])("marks JSON: %s", (_what, values, expected) => {
    expect(read(`mutation { createOneTeam(${values}) { team_id } }`).query.query.arguments).toEqual(expected);
  });

  it.each([
    ["query { dropTeam { team_id } }", "the operation dropTeam is not supported"],
    ["query { findManyTeam { team_id } findManyBudget { data } }", "exactly one operation"],
    ["query { findManyTeam { ...fields } } fragment fields on Team { team_id }", "fragments are not supported"],
    ["query ($a: Int) { findManyTeam(take: $a) { team_id } }", "variables are not supported"],
  ])("is refused where prisma-client-py sends no such thing: %s", (document, message) => {
    expect(() => read(document)).toThrow(message);
  });
});

function tagged(value: string): { $type: string; value: string } {
  return { $type: "Json", value };
}
