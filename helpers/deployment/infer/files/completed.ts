import type { Candidate } from "./candidates.ts";
import { strongest } from "./candidates.ts";
import type { ComposeOutline } from "./compose-files.ts";

/**
 * Joins the files of LiteLLM and Traefik that compose refuses alone, because they name networks, volumes or services that they
 * do not declare, with the files of other folders that declare them (`docker compose -f base.yaml -f litellm/compose.yaml`), and
 * with the other files that need the same ones.
 */
export function completedAcrossFolders(
  candidates: readonly Candidate[],
  findBases: () => readonly ComposeOutline[],
): readonly Candidate[] {
  const needs = (one: Candidate): boolean => one.named === undefined && hasRole(one.all) && missingIn(one).length > 0;
  if (!candidates.some(needs)) return candidates;
  const bases = findBases().map((file): Candidate => ({ files: [file], all: [file], isDefault: false }));
  // Those that only declare come first: no service of theirs is added.
  let pool = [...bases, ...candidates];
  for (;;) {
    const pair = pool.filter(needs).flatMap((incomplete) => {
      const declares = ({ all }: Candidate): boolean =>
        missingIn(incomplete).some((name) => all.some(({ declared }) => declared.includes(name)));
      const provider = pool.find((one) => one !== incomplete && declares(one));
      return provider === undefined ? [] : [{ incomplete, provider }];
    })[0];
    if (pair === undefined) return withDependents(pool.filter((one) => !bases.includes(one)));
    pool = withJoined(pool, pair.provider, pair.incomplete);
  }
}

/**
 * Joins the other files that compose refuses alone with the project of LiteLLM or Traefik that declares all that they name. One
 * that has a service of the same name stays out: compose would merge the two.
 */
function withDependents(candidates: readonly Candidate[]): readonly Candidate[] {
  let pool = candidates;
  for (;;) {
    const pair = pool
      .filter(({ isJoined }) => isJoined)
      .flatMap((project) => {
        const declared = new Set(project.all.flatMap((file) => file.declared));
        const services = new Set(serviceNames(project));
        const dependent = pool.find((one) => {
          const missing = one === project ? [] : missingIn(one);
          const isComplete = missing.length > 0 && missing.every((name) => declared.has(name));
          return isComplete && !serviceNames(one).some((name) => services.has(name));
        });
        return dependent === undefined ? [] : [{ project, dependent }];
      })[0];
    if (pair === undefined) return pool;
    pool = withJoined(pool, pair.project, pair.dependent);
  }
}

/** The candidates with two of them in one project. */
function withJoined(pool: readonly Candidate[], first: Candidate, second: Candidate): Candidate[] {
  const joined: Candidate = {
    files: [...first.files, ...second.files],
    all: [...first.all, ...second.all],
    isDefault: false,
    isJoined: true,
  };
  return [...pool.filter((one) => one !== first && one !== second), joined];
}

function serviceNames({ all }: Candidate): string[] {
  return all.flatMap(({ services }) => services.map(({ name }) => name));
}

/** What a candidate's files name, and none of them declares. */
function missingIn({ all }: Candidate): string[] {
  return all
    .flatMap(({ undeclared }) => undeclared)
    .filter((name) => !all.some(({ declared }) => declared.includes(name)));
}

function hasRole(files: readonly ComposeOutline[]): boolean {
  return strongest(files, "litellm") > 0 || strongest(files, "traefik") > 0;
}
