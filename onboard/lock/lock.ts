import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { DeploymentError } from "../../helpers/core/errors.ts";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import { differences as jsonDifferences } from "../../helpers/core/text/json-difference.ts";
import type { Candidate } from "../candidate/types.ts";
import { installedDifferences } from "../judge/supply.ts";
import type { Catalogue } from "../observe/observations.ts";
import type { Supply } from "../observe/subject.ts";
import type { Difference } from "./difference.ts";

const lockShape = z.object({
  format: z.literal(1),
  name: z.string(),
  /** The packages with the server first; empty for an image. */
  packages: z.array(z.object({ name: z.string(), version: z.string(), digest: z.string() })),
  server: z.object({ name: z.string(), version: z.string() }),
  instructions: z.string(),
  tools: z.array(z.looseObject({ name: z.string() })),
  prompts: z.array(z.unknown()),
  resources: z.array(z.unknown()),
  /** Of everything above, so that a report can name it. */
  digest: z.string(),
});

/** What was approved of a candidate (`candidates/<name>.lock.json`). */
export type Lock = z.output<typeof lockShape>;

/** Path of a candidate's lock file. */
export function lockFile({ file }: Pick<Candidate, "file">): string {
  return file.replace(/\.ya?ml$/, ".lock.json");
}

/** What a candidate that runs would be approved with. */
export function lockOf(candidate: Candidate, catalogue: Catalogue, supply: Supply | undefined): Lock {
  const content = {
    format: 1 as const,
    name: candidate.name,
    packages: (supply?.packages ?? []).map(({ name, version, digest }) => ({ name, version, digest })),
    server: catalogue.server,
    instructions: catalogue.instructions,
    tools: catalogue.tools.toSorted((a, b) => a.name.localeCompare(b.name)).map((tool) => ({ ...tool })),
    prompts: [...catalogue.prompts],
    resources: [...catalogue.resources],
  };
  const digest = `sha256:${createHash("sha256").update(JSON.stringify(content)).digest("hex")}`;
  return { ...content, digest };
}

/**
 * The lock of a candidate.
 *
 * @returns undefined where there is none
 * @throws {DeploymentError} when it can't be read
 */
export function readLock(file: string): Lock | undefined {
  if (!existsSync(file)) return undefined;
  const fault = (what: string): DeploymentError =>
    new DeploymentError([
      { file: displayPath(file), what, fix: "restore it from git, or remove it and run with --approve" },
    ]);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw fault(`is not JSON (${(error as Error).message})`);
  }
  const { data, error } = lockShape.safeParse(value);
  if (data === undefined) throw fault(`has another form (${error?.issues[0]?.path.join(".")})`);
  return data;
}

export function writeLock(file: string, lock: Lock): void {
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

/** How a candidate differs from what was approved, one line for each change. */
export function compareWithLock(approved: Lock, now: Lock): Difference[] {
  return [
    ...installedDifferences(approved.packages, now.packages).map((text): Difference => ({ kind: "version", text })),
    ...compareTools(approved, now),
    ...(approved.instructions === now.instructions
      ? []
      : [changedText("instructions", "the instructions", approved.instructions, now.instructions)]),
    ...(["prompts", "resources"] as const).flatMap((key) =>
      jsonDifferences(approved[key], now[key]).map((text): Difference => ({ kind: "other", text: `${key}: ${text}` })),
    ),
  ];
}

function compareTools(approved: Lock, now: Lock): Difference[] {
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
