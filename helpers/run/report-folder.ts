import { readdirSync, statSync } from "node:fs";
import { displayPath } from "../core/text/display-path.ts";

/** Files by which a folder is known as the report of a run: a run records as it goes, and writes the other one at its end. */
const marks: readonly string[] = ["run.json", "conformance.json"];

/** What other commands keep in the folder of the last report, and what a file system has at its top. */
const kept: readonly string[] = ["onboarding", "lost+found"];

/**
 * Why a run must not write its report to a folder, as one line; undefined where it may. A report takes the place of what is there, so
 * that only an empty folder or an earlier report may be there.
 *
 * @param folder absolute path (`REPORTS`)
 */
export function reportFolderFault(folder: string): string | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return `REPORTS=${displayPath(folder)} is a file; name a folder`;
  const names = readdirSync(folder);
  const [other] = names.filter((name) => !kept.includes(name));
  if (other === undefined || names.some((name) => marks.includes(name))) return undefined;
  return (
    `REPORTS=${displayPath(folder)} has files that are not a report of a run (${other}), and a report would replace them; ` +
    "name a folder that is missing, is empty, or has an earlier report"
  );
}
