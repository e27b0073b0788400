import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../containers/engine/engine.ts";
import { execute } from "../../containers/parts/container-command.ts";
import type { CandidateServer } from "../candidate/types.ts";
import type { InstalledPackage, Supply } from "../observe/subject.ts";

/** What onboard/run/inventory.ts prints. */
interface Inventory {
  packages: InstalledPackage[];
  version: string | undefined;
  licence: unknown;
  licenceText: string;
  addresses: { url: string; from: string }[];
  variables: string[];
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
  const [own, second] = await Promise.all(
    [container, again].map((one) => inventoryIn(engine, one, first.name, first.ecosystem)),
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
    provenance: {
      offered: [],
      verified: false,
      why: "an installed package carries none, and npm and PyPI check digests only",
    },
    variables: own.variables,
  };
}

async function inventoryIn(engine: Engine, container: string, name: string, ecosystem: string): Promise<Inventory> {
  const command = ["/opt/runtime/bin/node", ...inventoryArguments("/", name, ecosystem)];
  const { exitCode, stdout, stderr } = await execute(engine, container, command, { deadline: inventoryDeadline });
  if (exitCode !== 0) throw new Error(`the inventory of ${name} failed: ${stderr.trim().slice(-600)}`);
  return JSON.parse(stdout) as Inventory;
}

/** Arguments of Node that print the inventory of an installation. */
export function inventoryArguments(root: string, name: string, ecosystem: string): string[] {
  const program = readFileSync(join(import.meta.dirname, "inventory.ts"), "utf8");
  return ["--input-type=module-typescript", "-e", program, root, name, ecosystem];
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
  if (written !== "") return named.find(([pattern]) => pattern.test(written))?.[1] ?? written;
  return texts.find(([pattern]) => pattern.test(licenceText))?.[1];
}
