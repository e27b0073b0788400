import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { atLeast } from "../../litellm/version.ts";
import { installedLiteLLM, liteLLMImageVersion } from "../../services/litellm-version.ts";
import { filesBelow } from "../files/compose-files.ts";
import { serviceOf } from "../files/roles.ts";
import type { EarlierFiles } from "./earlier-files.ts";
import { type EnvText, emptyNames, envTextAt, filledNames, wellKnownKey, wellKnownNames } from "./env-texts.ts";
import { type MissingEnvFile, missingEnvFiles } from "./host-copies.ts";
import { environmentNames, environmentText, type ServiceNode } from "./service-nodes.ts";

/** The variables that LiteLLM's config reads, and its keys: see {@link neededBy}. */
export function neededByLiteLLM(
  folder: string,
  services: readonly ServiceNode[],
  earlier: EarlierFiles,
): ReadonlyMap<string, readonly string[]> {
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  if (litellm === undefined) return new Map();
  const configs = yamlTexts(folder);
  const read = variablesRead(configs);
  const names = /\bmaster_key\s*:/.test(configs) ? read : ["LITELLM_MASTER_KEY", ...read];
  const isRefused = refusesWellKnownKey(litellm);
  return neededBy(litellm, services, names, { folder, earlier, refused: isRefused ? wellKnownNames : () => [] });
}

/** The variables that the templates of Traefik's file provider read: see {@link neededBy}. */
export function neededByTraefik(
  folder: string,
  services: readonly ServiceNode[],
  earlier: EarlierFiles,
): ReadonlyMap<string, readonly string[]> {
  const traefik = serviceOf("traefik", services, ({ outline }) => outline);
  if (traefik === undefined) return new Map();
  const read = yamlTexts(folder).matchAll(/\{\{[^}]*?\benv\s+["`](\w+)["`]/g);
  return neededBy(
    traefik,
    services,
    [...read].flatMap(([, name]) => name ?? []),
    { folder, earlier, refused: () => [] },
  );
}

/**
 * The variables that a service needs, by the env file of it that is missing and may set them: one whose example leaves the variable
 * empty, or gives it a value that the service refuses, else {@link ownEnvFile}. What an example fills in is not among them.
 *
 * @param place.refused the names that a text sets to a value that the service refuses
 */
function neededBy(
  service: ServiceNode,
  services: readonly ServiceNode[],
  names: readonly string[],
  place: { folder: string; earlier: EarlierFiles; refused: (text: string) => readonly string[] },
): ReadonlyMap<string, readonly string[]> {
  const { folder, earlier, refused } = place;
  const all = missingEnvFiles(service.node, folder, service.home);
  const given = all.flatMap(({ path }) => filledNames(earlier.textOf(path) ?? ""));
  const examples = withoutGiven(all, earlier).map(({ path, hasExample }) => {
    const text = hasExample ? (envTextAt(path)?.text ?? "") : "";
    const open = refused(text);
    return {
      path,
      filled: filledNames(text).filter((name) => !open.includes(name)),
      empty: [...emptyNames(text), ...open],
    };
  });
  const known = new Set([...environmentNames(service.node), ...given, ...examples.flatMap(({ filled }) => filled)]);
  const open = [...new Set(names)].filter((name) => !known.has(name));
  const leftEmpty = new Set(examples.flatMap(({ empty }) => empty));
  const own = ownEnvFile(service, services, place);
  return new Map(
    examples.flatMap(({ path, empty }) => {
      const here = [
        ...open.filter((name) => empty.includes(name) || (path === own && !leftEmpty.has(name))),
        ...empty.filter((name) => /^(?:LITELLM_)?(?:MASTER|SALT)_KEY$/.test(name)),
      ];
      return here.length === 0 ? [] : [[path, [...new Set(here)]] as const];
    }),
  );
}

/**
 * The missing env file in which a service's own variables are: one without an example, the one that the fewest services have, the
 * one with the service's name, and the last one of compose's order, in this order of precedence.
 */
function ownEnvFile(
  service: ServiceNode,
  services: readonly ServiceNode[],
  { folder, earlier }: { folder: string; earlier: EarlierFiles },
): string | undefined {
  const missing = withoutGiven(missingEnvFiles(service.node, folder, service.home), earlier);
  const all = services.flatMap(({ node, home }) => missingEnvFiles(node, folder, home));
  const rank = ({ path, hasExample }: MissingEnvFile): number[] => [
    hasExample ? 1 : 0,
    all.filter((other) => other.path === path).length,
    basename(path).includes(service.outline.name) ? 0 : 1,
  ];
  return missing.toReversed().toSorted((one, two) => firstDifference(rank(one), rank(two)))[0]?.path;
}

/** The env files that are missing and that no earlier policy has a copy of. */
export function withoutGiven(files: readonly MissingEnvFile[], earlier: EarlierFiles): MissingEnvFile[] {
  return files.filter(({ path }) => earlier.find(path) === undefined);
}

function firstDifference(one: readonly number[], two: readonly number[]): number {
  return one.map((value, index) => value - (two[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** Of several maps to names one, e.g. from an env file to what it must set; each name once. */
export function mergedNames(all: readonly ReadonlyMap<string, readonly string[]>[]): Map<string, readonly string[]> {
  const merged = new Map<string, readonly string[]>();
  for (const [path, names] of all.flatMap((one) => [...one]))
    merged.set(path, [...new Set([...(merged.get(path) ?? []), ...names])]);
  return merged;
}

/** Variables that would be LiteLLM's example of a master key, by compose's default or by an example: 1.106.2 refuses it. */
export function refusedKeys(services: readonly ServiceNode[], main: EnvText | undefined): string[] {
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  const isKept = main !== undefined && !main.isExample;
  if (litellm === undefined || isKept || !refusesWellKnownKey(litellm)) return [];
  const written = environmentText(litellm.node, "LITELLM_MASTER_KEY") ?? "";
  const [, byDefault] = new RegExp(`^\\$\\{(\\w+):?-${wellKnownKey}\\}$`).exec(written) ?? [];
  const isSet = byDefault === undefined || filledNames(main?.text ?? "").includes(byDefault);
  return [...new Set([...(isSet ? [] : [byDefault]), ...wellKnownNames(main?.text ?? "")])];
}

/** Whether LiteLLM refuses to start with its example of a master key; a tag without a version is taken for the newest one. */
function refusesWellKnownKey({ outline }: ServiceNode): boolean {
  const version = installedLiteLLM(outline.command ?? "") ?? liteLLMImageVersion(outline.image ?? "");
  return version === undefined || atLeast(version, "1.106.2");
}

/** Variables that are empty by compose's default, and that give LiteLLM's config what it reads: the host sets those in use. */
export function emptyByDefault(folder: string, services: readonly ServiceNode[], main: EnvText | undefined): string[] {
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  const filled = filledNames(main?.text ?? "");
  if (litellm === undefined) return [];
  const found = variablesRead(yamlTexts(folder)).flatMap((name) => {
    const [, variable] = /^\$\{(\w+):?-\}$/.exec(environmentText(litellm.node, name) ?? "") ?? [];
    return variable === undefined || filled.includes(variable) ? [] : [variable];
  });
  return [...new Set(found)];
}

/** The keys of LiteLLM's configs in a folder that read a variable, by its name. */
export function keysInConfigs(folder: string): Map<string, readonly string[]> {
  const read = yamlTexts(folder).matchAll(/([\w-]+)["']?[ \t]*:[ \t]*["']?os\.environ\/([A-Za-z_]\w*)/g);
  return mergedNames([...read].map(([, key = "", name = ""]) => new Map([[name, [key]]])));
}

/** All YAML files of the folder, without the lines that are comments. */
function yamlTexts(folder: string): string {
  const files = filesBelow(folder).filter((file) => /\.ya?ml$/i.test(file));
  return files.map((file) => readFileSync(file, "utf8").replaceAll(/^[ \t]*#.*$/gm, "")).join("\n");
}

/** The variables that LiteLLM's configs read. */
function variablesRead(configs: string): string[] {
  return [...configs.matchAll(/os\.environ\/([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? []);
}
