import { join } from "node:path";
import type { Lock } from "../../helpers/catalogue-lock/lock-file.ts";
import { readCandidate } from "../candidate/read-candidate.ts";
import type { Candidate } from "../candidate/types.ts";
import type { ApprovedUpstream } from "../judge/approved.ts";
import { type Judgements, judge } from "../judge/judge.ts";
import type { Case } from "../judge/judgement.ts";
import { compareWithLock, lockOf } from "../lock/lock.ts";
import type { Observations } from "../observe/observations.ts";
import { observe } from "../observe/observe.ts";
import type { Supply } from "../observe/subject.ts";
import { LocalSubject } from "./local-subject.ts";
import type { Fault } from "./server/faults.ts";

/** What a registry says of the synthetic server. */
export const soundSupply: Supply = {
  name: "notes",
  version: "1.0.0",
  ecosystem: "npm",
  isPinned: true,
  packages: [{ name: "notes", version: "1.0.0", digest: "sha512-a" }],
  again: [{ name: "notes", version: "1.0.0", digest: "sha512-a" }],
  licence: "MIT",
  addresses: [{ url: "git+https://github.com/example/notes.git", from: "repository" }],
  provenance: [
    {
      package: "notes 1.0.0",
      offered: ["registry signature"],
      wrong: [],
      unverified: undefined,
      builtFrom: ["https://github.com/example/notes"],
    },
  ],
  variables: ["NOTES_FOLDER", "NOTES_PASSWORD", "HOME"],
};

/** Other upstreams of the gateway: one has a tool whose name becomes one of ours where `-` is written as `_`. */
const others: readonly ApprovedUpstream[] = [{ name: "synthetic_a", tools: ["b"], from: "policy.yaml" }];

/** The candidate file of the synthetic server, by its transport. */
export function syntheticCandidate(transport: "stdio" | "http"): Candidate {
  return readCandidate(join(import.meta.dirname, `synthetic-${transport}.yaml`));
}

/** Runs the synthetic server with a fault, and observes it. */
export async function observeSynthetic(
  candidate: Candidate,
  fault: Fault | undefined,
): Promise<{ seen: Observations; secrets: ReadonlyMap<string, string> }> {
  await using subject = await LocalSubject.start(candidate, soundSupply, fault);
  return { seen: await observe(subject, candidate), secrets: subject.secrets };
}

/** The lock that the sound server gets. */
export function soundLock(candidate: Candidate, seen: Observations): Lock {
  if (seen.catalogue === undefined) throw new Error(`the sound server did not start: ${seen.failed?.why}`);
  return lockOf(candidate, seen.catalogue, soundSupply);
}

/** Judges as the command does. */
export function judgeSynthetic(
  candidate: Candidate,
  { seen, secrets }: { seen: Observations; secrets: ReadonlyMap<string, string> },
  lock: Lock,
  own: Partial<Case> = {},
): Judgements {
  const supply = own.supply ?? soundSupply;
  const differences =
    seen.catalogue === undefined
      ? undefined
      : compareWithLock(candidate, lock, lockOf(candidate, seen.catalogue, supply));
  return judge({ candidate, seen, supply, differences, approved: others, secrets, ...own });
}
