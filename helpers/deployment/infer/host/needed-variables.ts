import { readFileSync } from "node:fs";
import { imageVersion } from "../../compose/service/image-version.ts";
import { atLeast } from "../../litellm/version.ts";
import { filesBelow } from "../files/compose-files.ts";
import { serviceOf } from "../files/roles.ts";
import { type EnvText, emptyNames, envTextAt, filledNames, wellKnownKey, wellKnownNames } from "./env-texts.ts";
import { missingEnvFiles } from "./host-copies.ts";
import { environmentNames, environmentText, type ServiceNode } from "./service-nodes.ts";

/** The variables that LiteLLM's config reads, and its keys: see {@link neededBy}. */
export function neededByLiteLLM(
  folder: string,
  services: readonly ServiceNode[],
): ReadonlyMap<string, readonly string[]> {
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  if (litellm === undefined) return new Map();
  const configs = yamlTexts(folder);
  const read = variablesRead(configs);
  return neededBy(litellm, folder, /\bmaster_key\s*:/.test(configs) ? read : ["LITELLM_MASTER_KEY", ...read]);
}

/** The variables that the templates of Traefik's file provider read: see {@link neededBy}. */
export function neededByTraefik(
  folder: string,
  services: readonly ServiceNode[],
): ReadonlyMap<string, readonly string[]> {
  const traefik = serviceOf("traefik", services, ({ outline }) => outline);
  if (traefik === undefined) return new Map();
  const read = yamlTexts(folder).matchAll(/\{\{[^}]*?\benv\s+["`](\w+)["`]/g);
  return neededBy(
    traefik,
    folder,
    [...read].flatMap(([, name]) => name ?? []),
  );
}

/**
 * The variables that a service needs, by the env file of it that is missing and may set them: the ones that its example leaves
 * empty, where it has one. Under an empty text where there is no example.
 */
function neededBy(
  { node, home }: ServiceNode,
  folder: string,
  names: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const missing = missingEnvFiles(node, folder, home);
  if (missing.length === 0) return new Map();
  const elsewhere = new Set(environmentNames(node));
  const own = [...new Set(names)].filter((name) => !elsewhere.has(name));
  const examples = missing.flatMap(({ path, hasExample }) => {
    const text = hasExample ? envTextAt(path)?.text : undefined;
    return text === undefined ? [] : [{ path, text }];
  });
  const filled = new Set(examples.flatMap(({ text }) => filledNames(text)));
  const open = own.filter((name) => !filled.has(name));
  if (examples.length < missing.length) return new Map([["", open]]);
  return new Map(
    examples.flatMap(({ path, text }, index) => {
      const empty = emptyNames(text);
      // What no example has is in the last one.
      const isLast = index === examples.length - 1;
      const here = [
        ...open.filter((name) => empty.includes(name) || isLast),
        ...empty.filter((name) => /^(?:LITELLM_)?(?:MASTER|SALT)_KEY$/.test(name)),
      ];
      return here.length === 0 ? [] : [[path, [...new Set(here)]] as const];
    }),
  );
}

/** Of several maps from an env file to the names that it must set, one; each name once. */
export function mergedNames(all: readonly ReadonlyMap<string, readonly string[]>[]): Map<string, readonly string[]> {
  const merged = new Map<string, readonly string[]>();
  for (const [path, names] of all.flatMap((one) => [...one]))
    merged.set(path, [...new Set([...(merged.get(path) ?? []), ...names])]);
  return merged;
}

/** Variables that would be LiteLLM's example of a master key, by compose's default or by an example: 1.106.2 refuses it. */
export function refusedKeys(services: readonly ServiceNode[], main: EnvText | undefined): string[] {
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  const version = imageVersion(litellm?.outline.image ?? "");
  const isKept = main !== undefined && !main.isExample;
  if (litellm === undefined || isKept || (version !== undefined && !atLeast(version, "1.106.2"))) return [];
  const written = environmentText(litellm.node, "LITELLM_MASTER_KEY") ?? "";
  const [, byDefault] = new RegExp(`^\\$\\{(\\w+):?-${wellKnownKey}\\}$`).exec(written) ?? [];
  const isSet = byDefault === undefined || filledNames(main?.text ?? "").includes(byDefault);
  return [...new Set([...(isSet ? [] : [byDefault]), ...wellKnownNames(main?.text ?? "")])];
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

/** All YAML files of the folder, without the lines that are comments. */
function yamlTexts(folder: string): string {
  const files = filesBelow(folder).filter((file) => /\.ya?ml$/i.test(file));
  return files.map((file) => readFileSync(file, "utf8").replaceAll(/^[ \t]*#.*$/gm, "")).join("\n");
}

/** The variables that LiteLLM's configs read. */
function variablesRead(configs: string): string[] {
  return [...configs.matchAll(/os\.environ\/([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? []);
}
