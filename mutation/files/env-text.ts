import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "./mutant.ts";
import type { OperatorFiles } from "./operator-files.ts";

/** A variable of the env file where it stands. */
export interface EnvLine {
  name: string;
  value: string;
  become(value: string): Pick<Change, "shown" | "edits">;
  remove(): Pick<Change, "shown" | "edits">;
}

/** Every variable of the policy's env file, or of its `.example` where that is what is read. */
export function envLinesOf({ deployment }: OperatorFiles): EnvLine[] {
  const { envFile } = deployment.policy;
  const file = existsSync(join(deployment.folder, envFile)) ? envFile : `${envFile}.example`;
  const text = readFileSync(join(deployment.folder, file), "utf8");
  return [...text.matchAll(/^(?:export +)?(\w+)=(.*)$/gm)].map(({ 0: line, 1: name = "", 2: value = "", index }) => {
    const end = index + line.length;
    const edit = (start: number, changed: string): Pick<Change, "shown" | "edits"> => {
      const one = { file, start, end, text: changed };
      return { shown: one, edits: [one] };
    };
    return { name, value, become: (changed) => edit(end - value.length, changed), remove: () => edit(index, "") };
  });
}
