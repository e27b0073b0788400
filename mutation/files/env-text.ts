import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileOrExample } from "../../helpers/deployment/compose/environment/example-files.ts";
import type { TextChange } from "../../helpers/deployment/source/text-edit.ts";
import type { OperatorFiles } from "./operator-files.ts";

/** A variable of the env file as it is written. */
export interface EnvLine {
  name: string;
  value: string;
  replace(value: string): TextChange;
  remove(): TextChange;
}

/** Every variable of the policy's env file, or of its example where the file is missing. */
export function envLinesOf({ deployment }: OperatorFiles): EnvLine[] {
  const path = join(deployment.folder, deployment.policy.envFile);
  const present = fileOrExample(path) ?? path;
  const file = relative(deployment.folder, present);
  const text = readFileSync(present, "utf8");
  return [...text.matchAll(/^(?:export +)?(\w+)=(.*)$/gm)].map(({ 0: line, 1: name = "", 2: value = "", index }) => {
    const end = index + line.length;
    const edit = (start: number, changed: string): TextChange => {
      const one = { file, start, end, text: changed };
      return { shown: one, edits: [one] };
    };
    return { name, value, replace: (changed) => edit(end - value.length, changed), remove: () => edit(index, "") };
  });
}
