import type { ComposeService } from "../compose/types.ts";
import { liteLLMVersionOf } from "../services/litellm-version.ts";
import type { NoteList } from "../source/note-list.ts";

/** The newest LiteLLM that the suite knows: it runs where neither the image's tag nor the policy names a version. */
export const newestLiteLLM = "1.106.2";

/** Whether a version is another one or a later one; by numbers, `1.100.0` is later than `1.99.9`. */
export function atLeast(version: string, other: string): boolean {
  const [own, wanted] = [numbers(version), numbers(other)];
  for (let at = 0; at < Math.max(own.length, wanted.length); at++) {
    const difference = (own[at] ?? 0) - (wanted[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0);
}

/** The version of LiteLLM that runs. */
export interface RunningVersion {
  version: string;
  /** What makes the version certain, as an imperative; undefined where it is certain. */
  fixOfGuess: string | undefined;
}

/**
 * The version of LiteLLM that runs: the one that was asked for, else the one that the files name, else the newest that the suite
 * knows, which is noted.
 *
 * @param asked by the run or the policy
 */
export function runningVersion(service: ComposeService, asked: string | undefined, notes: NoteList): RunningVersion {
  const known = asked ?? liteLLMVersionOf(service);
  if (known !== undefined) return { version: known, fixOfGuess: undefined };
  const fixOfGuess = `name the version that runs: parts.${service.key}.version in policy.yaml`;
  notes.add(
    "change",
    service.image?.location ?? service.location,
    `the image of '${service.name}' names no version`,
    `the run starts LiteLLM ${newestLiteLLM}, the newest that the suite knows`,
    fixOfGuess,
  );
  return { version: newestLiteLLM, fixOfGuess };
}

/** How to avoid what a version refuses, which may not be the one that runs. */
export function withGuess(fix: string, fixOfGuess: string | undefined): string {
  return fixOfGuess === undefined ? fix : `${fix}; or ${fixOfGuess}`;
}
