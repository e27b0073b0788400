import type { FoundProjects } from "../files/projects.ts";
import type { PolicyDraft, Stated } from "../policy-input.ts";
import type { DemandedSecret } from "./demanded-secrets.ts";
import { EarlierFiles } from "./earlier-files.ts";
import { standInPath, standInsByFile, standInText } from "./env-stand-ins.ts";
import { keysInConfigs, mergedNames } from "./needed-variables.ts";
import { Placeholders } from "./placeholders.ts";
import { type MissingSecret, type ProjectValues, projectValues } from "./project-values.ts";
import type { SecretDefault } from "./secret-defaults.ts";
import { sharedVariables } from "./shared-variables.ts";

/** What the host gives and the folder does not, and what stands for it in a run. */
export interface HostValues extends Pick<PolicyDraft, "variables" | "files"> {
  /** The env file of each project, relative to the folder; undefined where compose finds it itself. */
  envFiles: readonly (string | undefined)[];
  /** Files that have to be written for the policy to work. */
  standIns: readonly StandIn[];
  /** Secrets that no env file of the folder sets, and that compose files have defaults for; each once. */
  secretDefaults: readonly SecretDefault[];
  /** Secrets that compose demands and that no file of the folder sets; each once. */
  demandedSecrets: readonly DemandedSecret[];
  /** The keys of services' environments, and those of LiteLLM's config, that a variable fills, by its name. */
  fills: ReadonlyMap<string, readonly string[]>;
}

/** An env file, the file of a secret, or a template that is filled in: what `init` writes. */
export interface StandIn {
  /** Relative to the folder. */
  file: string;
  text: string;
}

/**
 * What the host gives, as far as the files show it: copies in the folder, the files that an earlier policy names, and
 * placeholders where nothing has a value.
 */
export function hostValues(folder: string, found: FoundProjects): HostValues {
  const projects = valuesOfProjects(folder, found, new Set());
  const outside = severalPaths(projects);
  return joinedValues(folder, outside.size === 0 ? projects : valuesOfProjects(folder, found, outside));
}

/** @param outside variables that begin paths and stand for no directory of the folder */
function valuesOfProjects(
  folder: string,
  { files, directories, included }: FoundProjects,
  outside: ReadonlySet<string>,
): ProjectValues[] {
  const placeholders = new Placeholders(keysInConfigs(folder));
  const earlier = new EarlierFiles(folder);
  const shared = sharedVariables(folder, directories);
  return files.map((own, index) =>
    projectValues(
      folder,
      { files: own, directory: directories[index] ?? folder, included: included[index] ?? [] },
      { placeholders, earlier, outside, shared },
    ),
  );
}

/** The variables for which projects find different directories: a policy has one value for all of them. */
function severalPaths(projects: readonly ProjectValues[]): Set<string> {
  const found = new Map<string, string>();
  const several = new Set<string>();
  for (const [name, path] of projects.flatMap(({ paths }) => [...paths])) {
    if ((found.get(name) ?? path) !== path) several.add(name);
    found.set(name, path);
  }
  return several;
}

function joinedValues(folder: string, projects: readonly ProjectValues[]): HostValues {
  const earlier = new EarlierFiles(folder);
  const inConfigs = keysInConfigs(folder);
  const standIns = standInsByFile(projects.flatMap((project) => project.standIns));
  const made = new Map([
    ...projects.flatMap(({ copies }) => [...copies]),
    ...[...standIns].map(([file, standIn]) => standInPath(standIn, file)),
    ...projects.flatMap(({ secrets }) => secrets.map(secretPath)),
  ]);
  return {
    envFiles: projects.map(({ envFile }) => envFile),
    variables: new Map(projects.flatMap(({ variables }) => [...variables])),
    files: new Map([...made, ...earlier.others(made.keys())]),
    standIns: [
      ...[...standIns].map(([file, standIn]) => ({ file, text: standInText(standIn) })),
      ...projects.flatMap(({ rendered }) => rendered),
      // Projects may have secrets of one name.
      ...new Map(
        projects
          .flatMap(({ secrets }) => secrets)
          .map((secret) => [secretFile(secret), { file: secretFile(secret), text: secret.placeholder }] as const),
      ).values(),
    ],
    secretDefaults: [
      ...new Map(projects.flatMap((project) => project.secretDefaults).map((one) => [one.name, one] as const)).values(),
    ],
    demandedSecrets: [
      ...new Map(
        projects.flatMap((project) => project.demandedSecrets).map((one) => [one.name, one] as const),
      ).values(),
    ],
    fills: mergedNames([...projects.map(({ fills }) => withConfigKeys(fills, inConfigs)), inConfigs]),
  };
}

/** The keys that variables fill, with those of LiteLLM's config that read them. */
function withConfigKeys(
  fills: ReadonlyMap<string, readonly string[]>,
  inConfigs: ReadonlyMap<string, readonly string[]>,
): Map<string, readonly string[]> {
  return new Map(
    [...fills].map(([name, keys]) => [name, [...keys, ...keys.flatMap((key) => inConfigs.get(key) ?? [])]]),
  );
}

function secretFile({ name }: MissingSecret): string {
  return `init.${name}.secret`;
}

function secretPath(secret: MissingSecret): [string, Stated<string>] {
  const file = secretFile(secret);
  const question = `what is in ${secret.path}, the secret ${secret.name}? It is not in this folder; ${file} stands for it, with a placeholder`;
  return [secret.path, { value: `./${file}`, questions: [question] }];
}
