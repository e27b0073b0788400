import { expect, test } from "vitest";
import { syntheticCandidate } from "../proofs/synthetic.ts";
import { boundsOf, trapFolder } from "./prepared.ts";

test("the trap is in no folder that a file server may be given", () => {
  const { Tmpfs: folders = {} } = boundsOf(syntheticCandidate("stdio"), undefined);
  const others = Object.keys(folders).filter((folder) => folder !== trapFolder);
  expect(Object.keys(folders)).toContain(trapFolder);
  expect(others.filter((folder) => trapFolder.startsWith(folder))).toEqual([]);
});
