import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { catalogueName } from "./listings.ts";

/** What may be compared of a tool. */
type Aspect = "title" | "description" | "inputSchema" | "outputSchema" | "annotations";

/**
 * Holds what the catalogue says of each tool against what its upstream says. A tool that is missing is not this
 * comparison's matter, but one of them at least must be there.
 *
 * @param likelyCause of a difference
 * @throws {CheckFailure} with the differences, tool by tool
 */
export function compareTools(
  offered: readonly Tool[],
  direct: readonly { name: string; tools: readonly Tool[]; location?: SourceLocation }[],
  aspects: readonly Aspect[],
  cause: string,
): void {
  const found = new Map(offered.map((tool) => [tool.name, tool]));
  const different: { lines: string[]; location: SourceLocation | undefined }[] = [];
  let compared = 0;
  for (const { name, tools, location } of direct) {
    for (const tool of tools) {
      const here = found.get(catalogueName(name, tool.name));
      if (here === undefined) continue;
      compared++;
      const lines = differences(only(tool, aspects), only(here, aspects));
      if (lines.length > 0) different.push({ lines: [here.name, ...lines.map((line) => `  ${line}`)], location });
    }
  }
  if (compared === 0)
    throw new CheckFailure({ summary: "no tool of any upstream is in the catalogue: nothing to compare" });
  const [first] = different;
  if (first === undefined) return;
  throw new CheckFailure({
    summary: `${different.length} of ${compared} tools differ from the upstream's in ${aspects.join(", ")}`,
    evidence: { received: different.flatMap(({ lines }) => lines).join("\n") },
    cause,
    ...(first.location === undefined ? {} : { location: first.location }),
  });
}

function only(tool: Tool, aspects: readonly Aspect[]): Partial<Tool> {
  return Object.fromEntries(aspects.flatMap((aspect) => (tool[aspect] === undefined ? [] : [[aspect, tool[aspect]]])));
}
