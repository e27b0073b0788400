import { byWeight } from "../../helpers/deployment/source/note-list.ts";
import { type ConformanceReport, checksOf } from "../model/conformance-report.ts";
import { whatOf } from "../model/problems.ts";
import { escapeHtml } from "../status/markdown.ts";
import { inline, link, place, scrollingTable } from "./html.ts";

/** What is accepted, what these versions lack, and what was not tested: one row for each check. */
export function gapSection(report: ConformanceReport): string {
  const checks = checksOf(report);
  const gaps = checks.flatMap(({ id, gap }) => (gap === null ? [] : [{ id, gap }]));
  const lacking = checks.filter(({ outcome }) => outcome === "not-supported");
  const untested = checks.filter(({ outcome }) => outcome === "not-tested");
  const noCheck = report.requirements.filter(
    ({ outcome, checks: own }) => outcome === "not-tested" && own.length === 0,
  );
  return [
    ...(gaps.length === 0
      ? []
      : [
          '<h2 id="gaps">Known gaps</h2>',
          scrollingTable(
            "Known gaps",
            ["check", "what does not hold", "whose", "tracked at", "accepted until"],
            gaps.map(({ id, gap }) => [
              `<code>${escapeHtml(id)}</code>`,
              inline(gap.reason),
              escapeHtml(`${gap.part} ${gap.versions}`),
              link(gap.link, gap.link.replace("https://github.com/", "")),
              gap.until,
            ]),
          ),
        ]),
    ...(lacking.length === 0
      ? []
      : [
          '<h2 id="not-supported">Not supported</h2>',
          scrollingTable(
            "Not supported",
            ["check", "what this version or deployment lacks"],
            lacking.map((check) => [`<code>${escapeHtml(check.id)}</code>`, inline(whatOf(check))]),
          ),
        ]),
    ...(untested.length + noCheck.length === 0
      ? []
      : [
          '<h2 id="not-tested">Not tested</h2>',
          scrollingTable(
            "Not tested",
            ["check or requirement", "why"],
            [
              ...untested.map((check) => [`<code>${escapeHtml(check.id)}</code>`, inline(whatOf(check))]),
              ...noCheck.map(({ id }) => [`<code>${id}</code>`, "no check of it ran"]),
            ],
          ),
        ]),
  ].join("\n");
}

const noteKinds = {
  finding: "What a program ignores or misreads",
  change: "What the run started otherwise than the files say",
  "not-proved": "What this run does not prove",
} as const;

/** What a reader should know about the deployment's files, and what the run changed in its copy of them. */
export function notesSection({ deployment, changes }: ConformanceReport): string {
  const kinds = (["finding", "not-proved", "change"] as const).flatMap((kind) => {
    const rows = byWeight(deployment.notes.filter((note) => note.kind === kind)).map(
      ({ file, line, what, why, fix }) => [place({ file, line }), inline(what), inline(why), inline(fix ?? "")],
    );
    return rows.length === 0
      ? []
      : [`<h3>${noteKinds[kind]}</h3>`, scrollingTable(noteKinds[kind], ["where", "what", "why", "fix"], rows)];
  });
  const own = changes.map(({ where, what, why }) => [`<code>${escapeHtml(where)}</code>`, inline(what), inline(why)]);
  if (kinds.length + own.length === 0) return "";
  return [
    '<h2 id="notes">Notes on the deployment</h2>',
    ...kinds,
    ...(own.length === 0
      ? []
      : [
          `<details><summary>${own.length} changes in the copy that was started: secrets, addresses, providers</summary>${scrollingTable("Changes", ["where", "what", "why"], own)}</details>`,
        ]),
  ].join("\n");
}
