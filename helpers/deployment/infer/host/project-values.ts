import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defaultEnvFile } from "../../compose/environment/default-env-file.ts";
import { withoutExampleEnding } from "../../compose/environment/example-files.ts";
import { filesBelow, filledFrom, pathIn } from "../files/compose-files.ts";
import { serviceOf } from "../files/roles.ts";
import type { Stated } from "../policy-input.ts";
import { type DemandedSecret, demandedSecrets } from "./demanded-secrets.ts";
import type { EarlierFiles } from "./earlier-files.ts";
import { type EnvStandIn, envStandIn } from "./env-stand-ins.ts";
import { type EnvText, emptyNames, envTextAt, exampleOf, filledNames, namesHome, variablesOf } from "./env-texts.ts";
import { missingEnvFiles, missingFiles, missingSecretMounts, plainName, policyPath } from "./host-copies.ts";
import {
  emptyByDefault,
  mergedNames,
  neededByLiteLLM,
  neededByTraefik,
  refusedKeys,
  withoutGiven,
} from "./needed-variables.ts";
import { pathVariables, withPaths } from "./path-variables.ts";
import type { KnownServers, Placeholders } from "./placeholders.ts";
import { type RenderedCopy, renderCopies } from "./rendered-copies.ts";
import { isUsable, openDefaults, type SecretDefault, secretDefaults } from "./secret-defaults.ts";
import { environmentNames, portForTraefik, type ServiceNode, servicesOf } from "./service-nodes.ts";
import type { SharedVariable } from "./shared-variables.ts";
import { configCopies, copiesOf, externalCopies } from "./stated-copies.ts";
import { statedVariables } from "./stated-variables.ts";
import { isRead, joinedUse, treeOf, type VariableUse, variableUses } from "./variable-uses.ts";

/** What one compose project takes from the host. */
export interface ProjectValues {
  /** Its env file, relative to the deployment's folder; undefined where compose finds it itself. */
  envFile: string | undefined;
  variables: ReadonlyMap<string, Stated<string>>;
  /** What is taken for the variables that begin paths. */
  paths: ReadonlyMap<string, string>;
  /** Paths of the host to the copies in the folder. */
  copies: ReadonlyMap<string, Stated<string>>;
  /** Copies that are made from templates. */
  rendered: readonly RenderedCopy[];
  /** An env file with placeholders for each one that is missing. */
  standIns: readonly EnvStandIn[];
  /** Secrets of compose whose files are missing, each with a placeholder. */
  secrets: readonly MissingSecret[];
  /** Secrets that no env file sets, and that compose files have defaults for. */
  secretDefaults: readonly SecretDefault[];
  /** Secrets that compose demands and that the env file in the folder does not set. */
  demandedSecrets: readonly DemandedSecret[];
  /** The keys of services' environments that a variable fills, by its name. */
  fills: ReadonlyMap<string, readonly string[]>;
}

/** What the values of a project are made from, the same for all projects. */
interface ValueSources {
  placeholders: Placeholders;
  /** What an earlier policy names in place of what is missing. */
  earlier: EarlierFiles;
  /** Variables that begin paths and stand for no directory of the folder. */
  outside: ReadonlySet<string>;
  /** What other env files of the deployment set. */
  shared: ReadonlyMap<string, SharedVariable>;
}

/** A secret of compose whose file is not in the folder. */
export interface MissingSecret {
  name: string;
  /** As the policy names it. */
  path: string;
  placeholder: string;
}

/**
 * What a compose project takes from the host and no file of the folder gives.
 *
 * @param folder the deployment's folder
 * @param files the project's files, absolute, in compose's order
 * @param directory from which their relative paths start, absolute
 * @param included the files that they include, whose relative paths start in their own folders
 */
export function projectValues(
  folder: string,
  { files, directory: home, included }: { files: readonly string[]; directory: string; included: readonly string[] },
  { placeholders, earlier, outside, shared }: ValueSources,
): ProjectValues {
  const written = [...files, ...included].flatMap((file) => {
    const root = treeOf(file);
    const at = included.includes(file) ? dirname(file) : home;
    return root === undefined ? [] : [{ root, name: pathIn(folder, file), home: at }];
  });
  const uses = mergedUses(written.map(({ root, name }) => variableUses(root, name)));
  const main = mainEnvFile(folder, home, [...uses.keys()], earlier);
  const set = new Set(filledNames(main.found?.text ?? ""));
  const unset = [...uses].filter(([name, use]) => !set.has(name) && isRead(use, set));
  const paths = pathVariables(
    unset,
    folder,
    written.map(({ root }) => root),
    outside,
  );
  const trees = written.map((tree) => ({ ...tree, root: withPaths(tree.root, folder, paths) }));
  const services = trees.flatMap(({ root, home: at }) => servicesOf(root, at));
  const unusable = [...refusedKeys(services, main.found), ...emptyByDefault(folder, services, main.found)];
  const given = new Set([...set].filter((name) => !unusable.includes(name)));
  if (namesHome(main.found?.text ?? "") && !uses.has("HOME"))
    uses.set("HOME", {
      at: pathIn(folder, main.path),
      role: { kind: "text" },
      fills: [],
      isRequired: false,
      inDefaultsOf: [[]],
    });
  const empty = new Set(emptyNames(main.found?.text ?? ""));
  const open = [...uses].filter(
    ([name, use]) =>
      !given.has(name) && isRead(use, given) && (use.isRequired || use.role.kind !== "label" || !empty.has(name)),
  );
  const isPath = ([, { role }]: [string, VariableUse]): boolean => role.kind === "path" || role.kind === "mount";
  const isForShell = (entry: [string, VariableUse]): boolean => entry[0] === "HOME" || isPath(entry);
  const hasOwnFile = main.found !== undefined && !main.found.isExample;
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  const servers = serversOf(folder, services, variablesOf(main.found?.text ?? ""));
  const demanded = hasOwnFile ? demandedSecrets(open) : [];
  const made = new Map(
    hasOwnFile
      ? []
      : open
          .filter((entry) => !isForShell(entry))
          .map(([name, use]) => [name, shared.get(name)?.value ?? placeholders.value(name, use, servers)] as const),
  );
  const fromOthers = new Map(
    [...made.keys()].flatMap((name) => {
      const { file } = shared.get(name) ?? {};
      return file === undefined ? [] : [[name, file] as const];
    }),
  );
  const defaults = openDefaults(secretDefaults(trees.map(({ root }) => root)), main.found).filter(
    ({ name }) => !uses.has(name),
  );
  const needed = mergedNames([neededByLiteLLM(folder, services, earlier), neededByTraefik(folder, services, earlier)]);
  for (const name of [...unusable, ...(needed.get(main.path) ?? [])])
    if (!given.has(name) && !made.has(name) && !(hasOwnFile && unusable.includes(name)))
      made.set(name, placeholders.value(name, undefined, servers));
  const openSecrets = defaults.filter(({ name }) => !made.has(name));
  const byDefault = openSecrets.filter((one) => isUsable(one, defaults));
  for (const one of openSecrets)
    made.set(one.name, byDefault.includes(one) ? one.value : placeholders.value(one.name, undefined, servers));
  const envFiles = withoutGiven(
    services.flatMap(({ node, home: at }) => missingEnvFiles(node, folder, at)),
    earlier,
  );
  const isMainMissing =
    !hasOwnFile &&
    (main.found?.isFound === false ||
      open.some((entry) => !isForShell(entry)) ||
      unusable.length > 0 ||
      defaults.length > 0 ||
      envFiles.some(({ path, hasExample }) => path === main.path && !hasExample) ||
      (needed.get(main.path) ?? []).some((name) => !given.has(name)));
  const mainStandIn = envStandIn(policyPath(folder, main.path), main.found?.text ?? "", made, {
    byDefault: byDefault.map(({ name }) => name),
    defaults: defaults.map(({ name }) => name),
    shared: fromOthers,
  });
  const placeholderOf = (name: string): string => made.get(name) ?? placeholders.value(name, undefined, servers);
  const others = new Map(
    envFiles.flatMap(({ path, stated, hasExample }) =>
      path === main.path || (hasExample && !needed.has(path)) ? [] : [[path, stated] as const],
    ),
  );
  const otherStandIns = [...others].map(([path, stated]) => {
    const names = (needed.get(path) ?? []).filter((name) => !given.has(name));
    return envStandIn(stated, envTextAt(path)?.text ?? "", new Map(names.map((name) => [name, placeholderOf(name)])));
  });
  const envText = main.found?.text ?? "";
  const guesses = new Map([
    ...copiesOf(folder, services, filledFrom(envText)),
    ...trees.flatMap(({ root, home: at }) => [
      ...externalCopies(folder, root, services),
      ...configCopies(folder, at, root),
    ]),
  ]);
  const { copies, rendered } = renderCopies(folder, earlier.open(guesses), {
    given: variablesOf(envText),
    empty,
    placeholders,
    servers,
  });
  return {
    envFile: main.isDefault ? undefined : pathIn(folder, main.path),
    variables: statedVariables(
      folder,
      open.filter(([name]) => !demanded.some((secret) => secret.name === name)),
      hasOwnFile,
      {
        paths,
        shared: (name) => (empty.has(name) ? undefined : shared.get(name)),
        placeholder: (name, use) => placeholders.value(name, use, servers),
        example: hasOwnFile ? exampleOf(main.path) : undefined,
        home,
      },
    ),
    paths,
    copies: new Map([...copies, ...earlier.answers(guesses)]),
    rendered,
    standIns: [...(isMainMissing ? [mainStandIn] : []), ...otherStandIns],
    secrets: [
      ...trees.flatMap(({ root, home: at }) => missingFiles(root, "secrets", folder, at)),
      ...(litellm === undefined ? [] : missingSecretMounts(litellm.node, folder, litellm.home, filledFrom(envText))),
    ]
      .filter(({ stated }) => earlier.find(stated) === undefined)
      .map(({ name, stated }) => ({
        name,
        path: stated,
        placeholder: placeholders.value(name.toUpperCase(), undefined, servers),
      })),
    secretDefaults: defaults,
    demandedSecrets: demanded,
    fills: new Map([...uses].map(([name, { fills }]) => [name, fills])),
  };
}

function mergedUses(all: readonly ReadonlyMap<string, VariableUse>[]): Map<string, VariableUse> {
  const merged = new Map<string, VariableUse>();
  for (const [name, use] of all.flatMap((uses) => [...uses])) merged.set(name, joinedUse(merged.get(name), use));
  return merged;
}

/** The env file for interpolation: compose's own, else the one in the folder that sets most of the variables. */
function mainEnvFile(
  folder: string,
  home: string,
  wanted: readonly string[],
  earlier: EarlierFiles,
): { path: string; found: EnvText | undefined; isDefault: boolean } {
  const own = home === folder ? join(folder, defaultEnvFile(folder)) : join(home, ".env");
  const given = earlier.textOf(own);
  const found = given === undefined ? envTextAt(own) : { path: own, text: given, isExample: false, isFound: true };
  if (found !== undefined) return { path: own, found, isDefault: true };
  const others = filesBelow(folder)
    .filter((file) => isEnvFile(withoutExampleEnding(pathIn(folder, file))) && !/(?:^|\/)init\./.test(file))
    .flatMap((file) => envTextAt(withoutExampleEnding(file)) ?? [])
    .map((text) => ({
      text,
      count: [...filledNames(text.text), ...emptyNames(text.text)].filter((name) => wanted.includes(name)).length,
    }));
  const best = others.toSorted((a, b) => b.count - a.count).find(({ count }) => count > 0)?.text;
  if (best === undefined) return { path: own, found: undefined, isDefault: true };
  // `.env.litellm.example` is to be copied to `.env`.
  if (best.isExample && /(?:^|\/)\.env\.[^/]+$/.test(best.path))
    return { path: own, found: { ...best, path: own, isFound: false }, isDefault: true };
  return { path: best.path, found: best, isDefault: false };
}

/** Whether a path is that of an env file: `.env`, `litellm.env`, `.env.litellm`. */
function isEnvFile(path: string): boolean {
  return /(?:^|[./])env$|(?:^|\/)\.env\.[\w-]+$/.test(path);
}

function serversOf(folder: string, services: readonly ServiceNode[], given: ReadonlyMap<string, string>): KnownServers {
  const named = (pattern: RegExp): string | undefined =>
    services.find(({ outline }) => pattern.test(outline.image ?? ""))?.outline.name;
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  return {
    postgres: named(/(?:^|\/)(?:postgres|pgvector)/),
    redis: named(/(?:^|\/)(?:redis|valkey)/),
    litellmPort: litellm && portForTraefik(litellm.node),
    certResolver: certResolverIn(folder, services)?.replace(
      /^\$\{?(\w+)\}?$/,
      (whole, name) => given.get(name) ?? whole,
    ),
  };
}

/** The first certificate resolver that Traefik's flags, its environment, or a static file or its template in the folder define. */
function certResolverIn(folder: string, services: readonly ServiceNode[]): string | undefined {
  const name = String.raw`(\$\{?\w+\}?|[\w-]+)`;
  const flag = new RegExp(String.raw`--certificatesresolvers\.${name}\.`, "i");
  const section = new RegExp(String.raw`^certificatesResolvers:\s*\n(?:\s*#.*\n)*[ \t]+["']?${name}["']?:`, "im");
  const table = new RegExp(String.raw`^\s*\[certificatesResolvers\.${name}[.\]]`, "im");
  const ofEnvironment = /^TRAEFIK_CERTIFICATESRESOLVERS_([^_]+)_/i;
  const files = filesBelow(folder).filter((file) => /\.(?:ya?ml|toml)$/i.test(plainName(file)));
  const texts = files.map((file) => readFileSync(file, "utf8"));
  const found = [
    ...services.map(({ outline }) => flag.exec(outline.command)),
    ...services.flatMap(({ node }) => environmentNames(node).map((variable) => ofEnvironment.exec(variable))),
    ...texts.map((text) => section.exec(text) ?? table.exec(text)),
  ];
  // Traefik reads names in its environment in lower case.
  const [whole = "", own] = found.find((match) => match !== null) ?? [];
  return /^TRAEFIK_/i.test(whole) ? own?.toLowerCase() : own;
}
