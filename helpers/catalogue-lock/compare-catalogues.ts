import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { differences as jsonDifferences } from "../core/text/json-difference.ts";
import type { Difference } from "./difference.ts";
import type { Lock } from "./lock-file.ts";

/** The part of a lock that clients see. */
export type LockedCatalogue = Pick<Lock, "tools" | "instructions">;

/** How the tools and the instructions of an upstream differ from the approved ones, one line for each change. */
export function compareCatalogues(approved: LockedCatalogue, now: LockedCatalogue): Difference[] {
  return [
    ...compareTools(approved, now),
    ...(approved.instructions === now.instructions
      ? []
      : [changedText("instructions", "the instructions", approved.instructions, now.instructions)]),
  ];
}

function compareTools(approved: LockedCatalogue, now: LockedCatalogue): Difference[] {
  const before = new Map(approved.tools.map((tool) => [tool.name, tool]));
  const after = new Map(now.tools.map((tool) => [tool.name, tool]));
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((name): Difference[] => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === undefined) return [{ kind: "tool-added", text: `${name} is new` }];
    if (is === undefined) return [{ kind: "tool-removed", text: `${name} is gone` }];
    return compareTool(name, was, is);
  });
}

type LockedTool = Lock["tools"][number];

function compareTool(name: string, was: LockedTool, is: LockedTool): Difference[] {
  const { description: old = "", ...before } = was as Partial<Tool>;
  const { description: now = "", ...after } = is as Partial<Tool>;
  return [
    ...(old === now ? [] : [changedText("description", `the description of ${name}`, old, now)]),
    ...jsonDifferences(before, after).map((text): Difference => {
      const kind = text.includes("annotations") ? "annotations" : "schema";
      return { kind, text: `${name}: ${text}` };
    }),
  ];
}

/** A text that has changed, from a little before the first difference on. */
function changedText(kind: Difference["kind"], what: string, was: string, is: string): Difference {
  let at = 0;
  while (at < was.length && was[at] === is[at]) at++;
  const from = Math.max(0, at - 30);
  const part = (text: string): string => JSON.stringify(text.slice(from, from + 160));
  return { kind, text: `${what} has changed: ${part(was)} became ${part(is)}` };
}
