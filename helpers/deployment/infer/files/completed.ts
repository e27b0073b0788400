import type { Candidate } from "./candidates.ts";
import { strongest } from "./candidates.ts";
import type { ComposeOutline } from "./compose-files.ts";

/**
 * Joins the files of LiteLLM and Traefik that compose refuses alone, because they name networks, volumes or services that they
 * do not declare, with the files of other folders that declare them (`docker compose -f base.yaml -f litellm/compose.yaml`).
 */
export function completedAcrossFolders(
  candidates: readonly Candidate[],
  findBases: () => readonly ComposeOutline[],
): readonly Candidate[] {
  const needs = (one: Candidate): boolean => hasRole(one.all) && missingIn(one).length > 0;
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
    if (pair === undefined) return pool.filter((one) => !bases.includes(one));
    const { incomplete, provider } = pair;
    const joinedOne: Candidate = {
      files: [...provider.files, ...incomplete.files],
      all: [...provider.all, ...incomplete.all],
      isDefault: false,
      isJoined: true,
    };
    pool = [...pool.filter((one) => one !== incomplete && one !== provider), joinedOne];
  }
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
