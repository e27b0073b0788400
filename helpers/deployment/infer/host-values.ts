import { readFileSync } from "node:fs";
import { filesBelow } from "./files/compose-files.ts";
import { homeFolder, type MissingValues, missingValues, variableNames } from "./files/missing-values.ts";
import type { FoundProjects } from "./files/projects.ts";
import type { PolicyDraft, Stated } from "./policy-input.ts";

/** What the host gives and the folder does not, and what stands for it in a run. */
export interface HostValues extends Pick<PolicyDraft, "envFile" | "variables" | "files"> {
  /** An env file that has to be written for the policy to work; undefined where none is missing. */
  standIn: { file: string; text: string } | undefined;
}

/** Stands for the env files of the host that are not in the folder. */
const standInFile = "init.env";

/** Guesses what the host gives: a home directory where the folder has one, else placeholders with a question. */
export function hostValues(folder: string, { files }: FoundProjects): HostValues {
  const missing = missingValues(folder, files);
  const { envFile, envFiles } = missing;
  return {
    envFile: envFile === undefined ? undefined : { value: envFile },
    variables: statedVariables(folder, missing),
    files: new Map(envFiles.map((path) => [path, statedFile(path)])),
    standIn:
      envFiles.length === 0 ? undefined : { file: standInFile, text: standInText(folder, envFiles, files.flat()) },
  };
}

function statedVariables(folder: string, { variables }: MissingValues): Map<string, Stated<string>> {
  const home = homeFolder(folder);
  return new Map(
    [...variables].flatMap(([name, { at, isPath, isRequired }]): [string, Stated<string>][] => {
      if (name === "HOME" && home !== undefined)
        return [[name, { value: `./${home}`, questions: [`is ${home}/ the home directory that ${at} means?`] }]];
      if (!isPath && !isRequired) return [];
      return [
        [name, { value: isPath ? "./" : "placeholder", questions: [`what is ${name} (${at})? No file sets it`] }],
      ];
    }),
  );
}

function statedFile(path: string): Stated<string> {
  return {
    value: `./${standInFile}`,
    questions: [`what does ${path} set? It is not in this folder; ${standInFile} stands for it, with placeholders`],
  };
}

/** An env file with a placeholder for each variable that LiteLLM's config needs and no other file sets. */
function standInText(folder: string, paths: readonly string[], composeFiles: readonly string[]): string {
  const all = filesBelow(folder);
  const read = (files: readonly string[]): string => files.map((file) => readFileSync(file, "utf8")).join("\n");
  const configs = read(all.filter((file) => /\.ya?ml$/i.test(file)));
  const wanted = [...configs.matchAll(/os\.environ\/([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? []);
  const envFiles = all.filter((file) => /(?:^|[/.])env(?:\.example)?$/.test(file));
  const known = new Set([
    ...variableNames(read(envFiles)),
    ...(read(composeFiles).match(/\b[A-Z_][A-Z0-9_]*\b/g) ?? []),
  ]);
  const missing = [...new Set(wanted)].filter((name) => !known.has(name));
  return [
    `# Stands for ${paths.join(", ")}, which ${paths.length === 1 ? "is" : "are"} not in this folder. Written by \`npm run init\`.`,
    ...missing.map((name) => `${name}=${placeholder(name)}`),
    "",
  ].join("\n");
}

function placeholder(name: string): string {
  if (/(?:^|_)(?:URL|BASE|HOST|ENDPOINT)$/.test(name)) return "http://placeholder.invalid";
  return `placeholder-${name.toLowerCase().replaceAll("_", "-")}`;
}
