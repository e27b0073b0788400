import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { compareCatalogues } from "../../helpers/catalogue-lock/compare-catalogues.ts";
import type { Difference } from "../../helpers/catalogue-lock/difference.ts";
import type { Lock } from "../../helpers/catalogue-lock/lock-file.ts";
import { differences as jsonDifferences } from "../../helpers/core/text/json-difference.ts";
import type { Candidate } from "../candidate/types.ts";
import { installedDifferences } from "../judge/supply.ts";
import type { Catalogue } from "../observe/observations.ts";
import type { Supply } from "../observe/subject.ts";
import { normalisedPackageName } from "../provenance/package-name.ts";

/** Path of a candidate's lock file. */
export function lockFile({ file }: Pick<Candidate, "file">): string {
  return file.replace(/\.ya?ml$/, ".lock.json");
}

/** What a candidate that runs would be approved with. */
export function lockOf(candidate: Candidate, catalogue: Catalogue, supply: Supply | undefined): Lock {
  const content = {
    format: 1 as const,
    name: candidate.name,
    packages: (supply?.packages ?? []).map(({ name, version, digest }) => ({ name, version, digest })),
    server: catalogue.server,
    instructions: catalogue.instructions,
    tools: catalogue.tools.toSorted((a, b) => a.name.localeCompare(b.name)).map((tool) => ({ ...tool })),
    prompts: [...catalogue.prompts],
    resources: [...catalogue.resources],
  };
  const digest = `sha256:${createHash("sha256").update(JSON.stringify(content)).digest("hex")}`;
  return { ...content, digest };
}

export function writeLock(file: string, lock: Lock): void {
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

/** How a candidate differs from what was approved, one line for each change. */
export function compareWithLock({ server }: Pick<Candidate, "server">, approved: Lock, now: Lock): Difference[] {
  const named = server.from === "packages" ? server.packages.map(({ name }) => normalisedPackageName(name)) : [];
  return [
    ...installedDifferences(approved.packages, now.packages).map(({ name, hasOtherFiles, text }): Difference => {
      const isDependency = server.from === "packages" && !named.includes(normalisedPackageName(name)) && !hasOtherFiles;
      return { kind: isDependency ? "dependency" : "version", text };
    }),
    ...compareCatalogues(approved, now),
    ...(["prompts", "resources"] as const).flatMap((key) =>
      jsonDifferences(approved[key], now[key]).map((text): Difference => ({ kind: "other", text: `${key}: ${text}` })),
    ),
  ];
}
