import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** What a field of the schema may hold, as far as it is walked here. */
interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
}

const readme = readFileSync("README.md", "utf8");
const schema = JSON.parse(readFileSync("reports/conformance.schema.json", "utf8")) as Schema & {
  properties: Record<string, Schema>;
  $defs: Record<string, Schema>;
};
/** README's rows by the name of their field. */
const rows = new Map([...readme.matchAll(/^\| `([^`]+)` +\| (.*?) *\|$/gm)].map(([, field, text]) => [field, text]));

test("README describes every field of conformance.json, and those of its lists", () => {
  for (const [name, { items }] of Object.entries(schema.properties)) {
    const text = rows.get(name) ?? rows.get(`${name}[]`);
    expect(text, name).toBeDefined();
    for (const inner of Object.keys(items?.properties ?? {})) expect(text, name).toContain(`\`${inner}`);
  }
  for (const inner of Object.keys(schema.$defs.check?.properties ?? {}))
    expect(rows.get("…checks[]")).toContain(`\`${inner}\``);
});

test("README names every command", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  for (const name of Object.keys(scripts).filter((one) => !one.startsWith("check:"))) {
    expect(readme).toContain(name === "test" ? "npm test" : `npm run ${name}`);
  }
});
