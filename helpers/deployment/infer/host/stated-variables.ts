import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { pathIn } from "../files/compose-files.ts";
import type { Stated } from "../policy-input.ts";
import { secretKind } from "../sections/secret-kinds.ts";
import { homeFolder } from "./host-copies.ts";
import type { SharedVariable } from "./shared-variables.ts";
import type { VariableUse } from "./variable-uses.ts";

/** Where the values of variables of the shell come from. */
interface VariableSources {
  /** What is taken for the variables that begin paths. */
  paths: ReadonlyMap<string, string>;
  /** What another env file of the deployment sets. */
  shared(name: string): SharedVariable | undefined;
  /** A made-up value. */
  placeholder(name: string, use: VariableUse): string;
  /** The example of the env file that is in the folder; undefined where it has none, or stands for the env file. */
  example: { path: string; variables: ReadonlyMap<string, string> } | undefined;
  /** Where the project's relative paths begin. */
  home: string;
}

/** A value in an example that stands for one of the operator's. */
const standsForOther = /[<>]|\b(?:your|change|replace|todo|xxx+)|(?:^|\.)example\.(?:com|org|net)\b/i;

/**
 * Variables that are stated as those of the shell: paths, and what compose demands although an env file is there. Host names are
 * too, because with an empty one no client gets an answer; an image's tag, without which compose starts nothing, where the env
 * file's example has one; and what another env file of the deployment sets. A value of the example needs no question, except one that
 * stands for the operator's own.
 */
export function statedVariables(
  folder: string,
  open: readonly (readonly [string, VariableUse])[],
  hasOwnFile: boolean,
  { paths, shared, placeholder, example, home }: VariableSources,
): Map<string, Stated<string>> {
  const byExample = (name: string): string | undefined => {
    const value = example?.variables.get(name);
    return value === undefined || secretKind(name, value) !== undefined ? undefined : value;
  };
  return new Map(
    open.flatMap(([name, use]): [string, Stated<string>][] => {
      const { at, role, isRequired } = use;
      const given = byExample(name);
      const shown = example === undefined ? "" : pathIn(folder, example.path);
      const remarks = [`As ${shown} sets ${name} (${at}): the env file does not.`];
      const question = `what is ${name} (${at})? No file sets it`;
      if (name === "HOME") {
        const own = homeFolder(folder);
        const asked = own === undefined ? question : `is ${own}/ the home directory that ${at} means?`;
        return [[name, { value: `./${own ?? "home"}`, questions: [asked] }]];
      }
      const path = paths.get(name);
      if (path !== undefined) {
        const inFolder = given === undefined ? undefined : pathInFolder(folder, resolve(home, given));
        if (inFolder !== undefined) return [[name, { value: inFolder, remarks }]];
        return [[name, { value: path, questions: [question] }]];
      }
      if (!hasOwnFile) return [];
      const elsewhere = given === undefined ? shared(name) : undefined;
      if (elsewhere !== undefined) {
        const asked = `is ${name} (${at}) '${elsewhere.value}', as ${elsewhere.file} has it? The project's own env file does not set it`;
        return [[name, { value: elsewhere.value, questions: [asked] }]];
      }
      const isName = role.kind === "host" || role.kind === "domain";
      if (!isName && !isRequired && (role.kind !== "tag" || given === undefined)) return [];
      if (given !== undefined)
        return [
          [
            name,
            standsForOther.test(given)
              ? {
                  value: given,
                  questions: [`what is ${name} (${at})? The env file does not set it; this is the value of ${shown}`],
                }
              : { value: given, remarks },
          ],
        ];
      const made = placeholder(name, use);
      return [[name, { value: isName || URL.canParse(made) ? made : "placeholder", questions: [question] }]];
    }),
  );
}

/** A path as a policy has it; undefined for one outside of the folder, or one that does not exist. */
function pathInFolder(folder: string, path: string): string | undefined {
  const inside = relative(folder, path);
  return inside.startsWith("..") || !existsSync(path) ? undefined : `./${inside}`;
}
