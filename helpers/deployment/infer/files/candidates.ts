import { basename, dirname } from "node:path";
import { type ComposeOutline, composeFileNames, isOverride } from "./compose-files.ts";
import { type Role, roleSigns } from "./roles.ts";

/** Files that compose reads together. */
export interface Candidate {
  files: readonly ComposeOutline[];
  /** With those that they include or extend. */
  all: readonly ComposeOutline[];
  /** Whether compose finds it in its folder. */
  isDefault: boolean;
  /** Files next to its own, under names of their own, that have services of the same names, and do not belong to it. */
  variants?: readonly ComposeOutline[];
  /** Files next to its own in place of which it is started: they have services of the same names, and no LiteLLM. */
  replaces?: readonly ComposeOutline[];
  /** Files that are of the project by its name only. */
  neighbours?: readonly ComposeOutline[];
  /** What the `COMPOSE_FILE` that names its files leaves open; undefined for files that no `COMPOSE_FILE` names. */
  named?: NamedFiles;
  /** Whether its files are of several folders. */
  isJoined?: boolean;
}

/** Where a `COMPOSE_FILE` is set, and which of its files are missing. */
export interface NamedFiles {
  /** Absolute path of the folder with the env file. */
  folder: string;
  /** Whether only an example of the env file is there. */
  isInExample: boolean;
  /** Absolute paths of files that can't be read here. */
  unread: readonly string[];
}

/** The candidates of each folder, without what their files include. */
export function candidatesOf(outlines: readonly ComposeOutline[]): Omit<Candidate, "all">[] {
  const byFolder = Map.groupBy(outlines, ({ file }) => dirname(file));
  return [...byFolder.values()].flatMap((files) => {
    const main = composeFileNames.flatMap((name) => files.find(({ file }) => basename(file) === name) ?? [])[0];
    if (main !== undefined) {
      // Other files next to it are variants (compose.prod.yaml), unless they are stacks with services of their own.
      const override = files.find(({ file }) => isOverride(file));
      const own = [main, ...(override === undefined ? [] : [override])];
      const [similar, rest] = partition(
        files.filter((one) => !own.includes(one)),
        (one) => sharesServices(one, main),
      );
      // A file with LiteLLM is not a variant of one without it: it is started in its place, or with it.
      const isGateway = (one: ComposeOutline): boolean => strongest(own, "litellm") === 0 && hasLiteLLM(one);
      const [gateways, variants] = partition(similar, isGateway);
      const [alone, added] = partition(gateways, isComplete);
      const [parts, stacks] = partition(
        joined(rest),
        (group) => mayBeOne([main, ...group]) && group.some((one) => completes(one, main)),
      );
      return [
        { files: [...own, ...parts.flat(), ...added], isDefault: true, variants },
        ...alone.map((one) => {
          const others = alone.filter((other) => other !== one);
          return { files: [one], isDefault: false, replaces: own, variants: others };
        }),
        ...stacks.map((group) => ({ files: group, isDefault: false })),
      ];
    }
    const groups = joined(files.filter(({ file }) => !isOverride(file)));
    return groups.map((group) => ({ files: group, isDefault: false, variants: variantsOf(group, groups) }));
  });
}

function hasLiteLLM(file: ComposeOutline): boolean {
  return strongest([file], "litellm") > 0;
}

/** Whether compose takes a file alone: each service says what it is made from, and nothing is named that it does not declare. */
function isComplete({ services, undeclared }: ComposeOutline): boolean {
  return undeclared.length === 0 && services.every(({ isWhole }) => isWhole === true);
}

/**
 * Files of one folder that are one project: they share a service, or a network that none of them calls external, or one
 * declares what another one only names. Files with different names (`name:`) are never one project: what several of them declare
 * is taken from the one that makes it.
 */
function joined(files: readonly ComposeOutline[]): ComposeOutline[][] {
  let groups: ComposeOutline[][] = [];
  for (const file of files.toSorted((one, other) => Number(makesNetworks(other)) - Number(makesNetworks(one)))) {
    let group = [file];
    const others: ComposeOutline[][] = [];
    for (const one of groups) {
      const isOwn = one.some(
        (other) => sharesServices(file, other) || sharesOwnNetwork(file, other) || completes(file, other),
      );
      if (isOwn && mayBeOne([...group, ...one])) group = [...group, ...one];
      else others.push(one);
    }
    groups = [...others, group];
  }
  const inOrder = groups.map((group) => files.filter((file) => group.includes(file)));
  return inOrder.toSorted(([one], [other]) => indexIn(files, one) - indexIn(files, other));
}

/** The files of a folder that have services of a group's names, and another name (`compose.dev.yml`, `compose.prod.yml`). */
function variantsOf(
  group: readonly ComposeOutline[],
  groups: readonly (readonly ComposeOutline[])[],
): ComposeOutline[] {
  const others = groups.filter((other) => other !== group).flat();
  return others.filter((other) => group.some((file) => sharesServices(file, other) && !mayBeOne([file, other])));
}

/** Whether compose gives files one name: at most one of their names differs from none. */
function mayBeOne(files: readonly ComposeOutline[]): boolean {
  return new Set(files.flatMap(({ name }) => name ?? [])).size <= 1;
}

function makesNetworks({ ownNetworks, namedNetworks }: ComposeOutline): boolean {
  return [...ownNetworks, ...namedNetworks].some((network) => network !== "default");
}

function indexIn(files: readonly ComposeOutline[], file: ComposeOutline | undefined): number {
  return file === undefined ? -1 : files.indexOf(file);
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}

/** Whether one of two files declares a service or a network that the other one names without declaring it. */
function completes(one: ComposeOutline, other: ComposeOutline): boolean {
  return (
    one.undeclared.some((name) => other.declared.includes(name)) ||
    other.undeclared.some((name) => one.declared.includes(name))
  );
}

function sharesServices(one: ComposeOutline, other: ComposeOutline): boolean {
  return one.services.some(({ name }) => other.services.some((service) => service.name === name));
}

function sharesOwnNetwork(one: ComposeOutline, other: ComposeOutline): boolean {
  return one.ownNetworks.some((network) => network !== "default" && other.ownNetworks.includes(network));
}

/** How sure it is that one of the services of some files plays a role, as of {@link roleSigns}. */
export function strongest(files: readonly ComposeOutline[], role: Role): number {
  return Math.max(0, ...files.flatMap(({ services }) => services.map((service) => roleSigns(service, role))));
}
