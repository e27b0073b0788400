import type { z } from "zod";
import { suggest } from "../../helpers/core/text/nearest.ts";
import type { FaultList } from "../../helpers/deployment/source/fault-list.ts";
import type { SourceLocation } from "../../helpers/deployment/source/location.ts";
import type { candidateShape } from "./shape.ts";

/** A candidate file as it is written. */
export type Written = z.output<typeof candidateShape>;
/** Gives the location of a part of the file by its path. */
export type Locate = (...path: (string | number)[]) => SourceLocation;

/** Adds the contradictions of a candidate file: names that refer to something of the same file, dates, and what is there twice. */
export function checkCandidate(data: Written, at: Locate, faults: FaultList): void {
  const parts = data.needs.map(({ name }) => name);
  const secrets = data.secrets.map(({ name }) => name);
  for (const [index, { part }] of data.refused.entries()) {
    if (parts.includes(part)) continue;
    faults.add(at("refused", index, "part"), `${part} is not under needs`, suggest(part, parts, "add it to needs"));
  }
  const token = data.server.listens?.token;
  if (token !== undefined && !secrets.includes(token))
    faults.add(at("server", "listens", "token"), `${token} is not a secret of the file`, "add it to secrets");
  const texts: [readonly string[], Record<string, string>][] = [
    [["env"], data.env],
    ...data.needs.flatMap(({ env, files }, index): [string[], Record<string, string>][] => [
      [["needs", String(index), "env"], env],
      [["needs", String(index), "files"], files],
    ]),
  ];
  for (const [path, values] of texts) checkReferences(path, values, secrets, at, faults);
  for (const [index, name] of parts.entries()) {
    if (parts.indexOf(name) === index) continue;
    faults.add(
      at("needs", index),
      `${name} is under needs a second time`,
      "give it another name, or remove one of them",
    );
  }
  checkConditions(data, at, faults);
  const { expected, changes_state: changing } = data.tools;
  for (const [index, tool] of changing.entries()) {
    if (expected === undefined || expected.includes(tool)) continue;
    const fix = suggest(tool, expected, "add it to tools.expected, or remove it here");
    faults.add(at("tools", "changes_state", index), `${tool} is not in tools.expected`, fix);
  }
}

function checkConditions({ conditions }: Written, at: Locate, faults: FaultList): void {
  for (const [index, { item, until }] of conditions.entries()) {
    if (!isDate(until))
      faults.add(at("conditions", index, "until"), `${until} is not a date`, "write a date, e.g. 2027-06-30");
    if (conditions.findIndex((other) => other.item === item) !== index)
      faults.add(at("conditions", index), `item ${item} has a second condition`, "keep one of the two");
  }
}

/** @param text `YYYY-MM-DD`; a day that the month does not have is not a date */
function isDate(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** `${NAME}` stands for a secret of the file. */
function checkReferences(
  path: readonly string[],
  values: Readonly<Record<string, string>>,
  secrets: readonly string[],
  at: Locate,
  faults: FaultList,
): void {
  const steps = path.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  for (const [key, value] of Object.entries(values)) {
    for (const [, name = ""] of value.matchAll(/\$\{([A-Za-z_]\w*)\}/g)) {
      if (secrets.includes(name)) continue;
      const fix = suggest(name, secrets, `add ${name} to secrets`);
      faults.add(at(...steps, key), `\${${name}} is not a secret of the file`, fix);
    }
  }
}
