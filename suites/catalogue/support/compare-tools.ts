import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { type CatalogueOwner, catalogueName } from "./mcp-client.ts";

/** A field of a tool that may be compared. */
export type ToolField = "title" | "description" | "inputSchema" | "outputSchema" | "annotations";

/** An upstream's own tools. */
export interface UpstreamTools {
  name: string;
  tools: readonly Tool[];
  location?: SourceLocation;
}

/**
 * Compares fields of each offered tool with the upstream's. A missing tool is not a difference here, but at least one
 * tool must be offered.
 *
 * @param cause of a difference
 * @param evidence takes each tool as a case of the report's catalogue
 * @throws {CheckFailure} `changed-fields` with the differences of each tool; `nothing-to-compare`
 */
export function expectSameFields(
  gateway: CatalogueOwner,
  offered: readonly Tool[],
  direct: readonly UpstreamTools[],
  fields: readonly ToolField[],
  cause: string,
  evidence: Evidence,
): void {
  const byName = new Map(offered.map((tool) => [tool.name, tool]));
  const compared = direct.flatMap(({ name, tools, location }) =>
    tools.flatMap((tool) => {
      const found = byName.get(catalogueName(gateway, name, tool.name));
      return found === undefined
        ? []
        : [
            {
              name: found.name,
              location,
              lines: differences(only(tool, fields), only(found, fields)),
              lost: fields.filter((field) => differences(only(tool, [field]), only(found, [field])).length > 0),
            },
          ];
    }),
  );
  if (compared.length === 0) {
    throw new CheckFailure({
      summary: "no tool can be compared with its upstream's",
      code: "nothing-to-compare",
      expected: "at least one tool of an upstream in the catalogue",
      actual: "none",
      cause: "LiteLLM lists no tool of these upstreams; see CAT-02",
      ...followsCatalogue,
    });
  }
  for (const { name, lost } of compared) {
    evidence.compare("catalogue", {
      row: name,
      column: fields.join(", "),
      expected: "as the upstream's",
      found: lost.length === 0 ? "as the upstream's" : `other ${lost.join(", ")}`,
      holds: lost.length === 0,
    });
  }
  const different = compared.filter(({ lines }) => lines.length > 0);
  const [first] = different;
  if (first === undefined) return;
  throw new CheckFailure({
    summary: `tools differ from the upstream's in ${fields.join(", ")}`,
    code: "changed-fields",
    expected: `the upstream's fields in all ${compared.length} tools`,
    actual: `other fields in ${different.length} tools`,
    cause,
    ...(first.location === undefined ? {} : { location: first.location }),
    evidence: {
      received: different.flatMap(({ name, lines }) => [name, ...lines.map((line) => `  ${line}`)]).join("\n"),
    },
  });
}

function only(tool: Tool, fields: readonly ToolField[]): Partial<Tool> {
  return Object.fromEntries(fields.flatMap((field) => (tool[field] === undefined ? [] : [[field, tool[field]]])));
}
