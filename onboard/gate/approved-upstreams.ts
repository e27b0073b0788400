import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { readLock } from "../../helpers/catalogue-lock/lock-file.ts";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import { readPolicy } from "../../helpers/deployment/policy/read-policy.ts";
import type { Candidate } from "../candidate/types.ts";
import type { ApprovedUpstream } from "../judge/approved.ts";

/**
 * What the deployment has already: the upstreams of its policy, if the candidate names one, and the candidates next to this
 * one that were approved.
 *
 * @throws {DeploymentError} when the policy or a lock file can't be read
 */
export function approvedUpstreams(candidate: Candidate): ApprovedUpstream[] {
  const folder = dirname(candidate.file);
  const locks = existsSync(folder) ? readdirSync(folder).filter((entry) => entry.endsWith(".lock.json")) : [];
  return [
    ...(candidate.deployment === undefined ? [] : ofDeployment(candidate.deployment)),
    ...locks.flatMap((entry) => {
      const file = join(folder, entry);
      const lock = readLock(file);
      if (lock === undefined) return [];
      return [{ name: lock.name, tools: lock.tools.map(({ name }) => name), from: displayPath(file) }];
    }),
  ].filter(({ name }) => name !== candidate.name);
}

function ofDeployment(folder: string): ApprovedUpstream[] {
  const file = join(folder, "policy.yaml");
  return readPolicy(file).upstreams.map(({ name, tools }) => ({ name, tools, from: displayPath(file) }));
}
