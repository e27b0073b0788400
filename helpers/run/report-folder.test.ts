import { join } from "node:path";
import { expect, test } from "vitest";
import { writtenFolder } from "../deployment/source/written-folder.ts";
import { reportFolderFault } from "./report-folder.ts";

test("a report replaces nothing but an earlier report, what the gate kept there, or an empty folder", () => {
  using folder = writtenFolder({
    "earlier/run.json": "{}",
    "earlier/STATUS.md": "",
    "downloaded/conformance.json": "{}",
    "gate/onboarding/notes/index.html": "",
    "volume/lost+found/keep": "",
    "own/notes.txt": "mine",
  });
  const faultOf = (name: string): string | undefined => reportFolderFault(join(folder.folder, name));
  for (const name of ["missing", "earlier", "downloaded", "gate", "gate/onboarding/notes/missing", "volume"])
    expect(faultOf(name), name).toBeUndefined();
  expect(faultOf("own")).toMatch(
    /own has files that are not a report of a run \(notes\.txt\), .*; name a folder that is missing/,
  );
  expect(faultOf("own/notes.txt")).toMatch(/notes\.txt is a file; name a folder$/);
});
