import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../containers/engine/engine.ts";
import { execute } from "../../containers/parts/container-command.ts";
import type { CandidateServer } from "../candidate/types.ts";
import type { InstalledPackage, Supply } from "../observe/subject.ts";
import { type NpmRelease, npmProvenance } from "../provenance/npm.ts";
import { notAsked, type PackageProvenance, RegistryError } from "../provenance/provenance.ts";
import { type PypiRelease, pypiProvenance } from "../provenance/pypi.ts";

/** What onboard/run/inventory.ts prints. */
interface Inventory {
  packages: InstalledPackage[];
  version: string | undefined;
  licence: unknown;
  licenceText: string;
  addresses: { url: string; from: string }[];
  variables: string[];
  /** What the registry's archives are compared with. */
  archives: (NpmRelease | PypiRelease)[];
}

/** How long the inventory of an image may take, in milliseconds. */
const inventoryDeadline = 60_000;

/**
 * What the installation of a candidate says about itself.
 *
 * @param container with the first installation
 * @param again with the second one
 */
export async function supplyOf(
  engine: Engine,
  server: CandidateServer & { from: "packages" },
  { container, again }: { container: string; again: string },
): Promise<Supply> {
  const [first] = server.packages;
  if (first === undefined) throw new Error("the candidate has no package");
  const names = server.packages.flatMap(({ name, ecosystem }) => (ecosystem === first.ecosystem ? [name] : []));
  const [own, second] = await Promise.all(
    [container, again].map((one) => inventoryIn(engine, one, names, first.ecosystem)),
  );
  if (own === undefined || second === undefined) throw new Error("two installations have two inventories");
  return {
    name: first.name.replace(/\[.*$/, ""),
    version: own.version ?? "",
    ecosystem: first.ecosystem,
    isPinned: server.packages.every(({ version }) => version !== undefined && /^[\w.!+-]+$/.test(version)),
    packages: own.packages,
    again: second.packages,
    licence: licenceOf(own),
    addresses: own.addresses,
    provenance: await provenanceOf(engine, container, { ecosystem: first.ecosystem, archives: own.archives }),
    variables: own.variables,
  };
}

/** What the registry offers for the packages that the candidate file names. A registry that does not answer is part of it. */
async function provenanceOf(
  engine: Engine,
  container: string,
  { ecosystem, archives }: { ecosystem: "npm" | "pypi"; archives: Inventory["archives"] },
): Promise<PackageProvenance[]> {
  const index = ecosystem === "pypi" ? await indexOf(engine, container) : "";
  return await Promise.all(
    archives.map(async (release) => {
      try {
        return await ("integrity" in release ? npmProvenance(release) : pypiProvenance(release, index));
      } catch (error) {
        if (error instanceof RegistryError) return notAsked(release, error.message);
        throw error;
      }
    }),
  );
}

/** The index from which the image's packages were installed, as the installer says. */
async function indexOf(engine: Engine, container: string): Promise<string> {
  const ask = ["uv", "pip", "compile", "--offline", "--no-cache", "--no-header", "--emit-index-url", "/dev/null"];
  const { stdout, stderr } = await execute(engine, container, ask, { deadline: inventoryDeadline });
  const [, index] = /^--index-url (\S+)$/m.exec(stdout) ?? [];
  if (index === undefined) throw new Error(`uv does not name its index: ${stderr.trim().slice(-600)}`);
  return index;
}

async function inventoryIn(
  engine: Engine,
  container: string,
  names: readonly string[],
  ecosystem: string,
): Promise<Inventory> {
  const [name = ""] = names;
  const command = ["/opt/runtime/bin/node", ...inventoryArguments("/", names.join(","), ecosystem)];
  const { exitCode, stdout, stderr } = await execute(engine, container, command, { deadline: inventoryDeadline });
  if (exitCode !== 0) throw new Error(`the inventory of ${name} failed: ${stderr.trim().slice(-600)}`);
  return JSON.parse(stdout) as Inventory;
}

/**
 * Arguments of Node that print the inventory of an installation.
 *
 * @param names of the candidate's own packages, joined by commas, the one with its command first
 */
export function inventoryArguments(root: string, names: string, ecosystem: string): string[] {
  const program = readFileSync(join(import.meta.dirname, "inventory.ts"), "utf8");
  return ["--input-type=module-typescript", "-e", program, root, names, ecosystem];
}

/** Names that classifiers and files have for SPDX's ids. */
const named: readonly [RegExp, string][] = [
  [/^MIT( License)?$/i, "MIT"],
  [/^Apache([ -]2|.*License)/i, "Apache-2.0"],
  [/^BSD-3|3-Clause/i, "BSD-3-Clause"],
];

/** How the texts of licences begin. */
const texts: readonly [RegExp, string][] = [
  [/Permission is hereby granted, free of charge, to any person obtaining a copy/, "MIT"],
  [/Apache License\s+Version 2\.0/, "Apache-2.0"],
  [/GNU AFFERO GENERAL PUBLIC LICENSE/i, "AGPL-3.0"],
  [/GNU GENERAL PUBLIC LICENSE/i, "GPL"],
  [/Sustainable Use License/i, "LicenseRef-Sustainable-Use"],
  [/Neither the name of/, "BSD-3-Clause"],
  [/Redistribution and use in source and binary forms/, "BSD-2-Clause"],
  [/Permission to use, copy, modify, and\/or distribute this software/, "ISC"],
];

/** SPDX's id of a licence, where the metadata or the text says which one it is. */
export function licenceOf({ licence, licenceText }: Pick<Inventory, "licence" | "licenceText">): string | undefined {
  const written = typeof licence === "string" ? licence.trim() : "";
  const inText = texts.find(([pattern]) => pattern.test(licenceText))?.[1];
  // npm's own words for a licence that has no id, or several. The package may lack the file.
  if (/^SEE LICEN[CS]E IN /i.test(written) && licenceText.trim() === "") return undefined;
  if (written === "" || /^SEE LICEN[CS]E IN /i.test(written)) return inText ?? (written || undefined);
  return named.find(([pattern]) => pattern.test(written))?.[1] ?? written;
}
