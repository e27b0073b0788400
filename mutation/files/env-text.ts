import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TextChange } from "../../helpers/deployment/source/text-edit.ts";
import type { OperatorFiles } from "./operator-files.ts";

/** A variable of the env file as it is written. */
export interface EnvLine {
  name: string;
  value: string;
  replace(value: string): TextChange;
  remove(): TextChange;
}

/** Every variable of the policy's env file, or of its `.example` where the file is missing. */
export function envLinesOf({ deployment }: OperatorFiles): EnvLine[] {
  const { envFile } = deployment.policy;
  const file = existsSync(join(deployment.folder, envFile)) ? envFile : `${envFile}.example`;
  const text = readFileSync(join(deployment.folder, file), "utf8");
  return [...text.matchAll(/^(?:export +)?(\w+)=(.*)$/gm)].map(({ 0: line, 1: name = "", 2: value = "", index }) => {
    const end = index + line.length;
    const edit = (start: number, changed: string): TextChange => {
      const one = { file, start, end, text: changed };
      return { shown: one, edits: [one] };
    };
    return { name, value, replace: (changed) => edit(end - value.length, changed), remove: () => edit(index, "") };
  });
}
