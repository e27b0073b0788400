import type { ConformanceReport, ReportedCheck, ReportedFailure } from "../model/conformance-report.ts";
import { sourcesOf } from "../model/consequent-checks.ts";
import { type Problem, problemsOf, whatOf } from "../model/problems.ts";
import { escapeHtml } from "../status/markdown.ts";
import { allureLink, folded, inline, link, place } from "./html.ts";

/** How many failed cases of a check are shown at once. */
const shownCases = 1;
/** How much of what was sent and received is shown, in characters; the evidence has all of it. */
const shownText = 1_200;

/** Every failure, the worst first: the deployment's, then those of a part's version. */
export function failureSection(report: ConformanceReport): string {
  const problems = problemsOf(report);
  const of = (owner: Problem["owner"]): readonly Problem[] => problems.filter((one) => one.owner === owner);
  const [own, versions, suite] = [of("deployment"), of("version"), of("suite")];
  // A requirement has one anchor, at its first card.
  const anchored = new Set<string>();
  const cards = (list: readonly Problem[]): string =>
    list
      .map((problem) => {
        const { id } = problem.requirement;
        const anchor = anchored.has(id) ? "" : ` id="${id}"`;
        anchored.add(id);
        return card(problem, anchor);
      })
      .join("\n");
  return [
    ...(own.length > 0
      ? [`<section aria-labelledby="failures"><h2 id="failures">Failures in the deployment</h2>${cards(own)}</section>`]
      : []),
    ...(versions.length > 0
      ? [
          `<section aria-labelledby="version-failures"><h2 id="version-failures">Failures of this version</h2><p>Measured defects: no line of the deployment causes them. Run another version, or accept each in <code>known-gaps.yaml</code>.</p>${cards(versions)}</section>`,
        ]
      : []),
    ...(suite.length > 0
      ? [
          `<section aria-labelledby="suite-failures"><h2 id="suite-failures">Checks that broke</h2><p>These say nothing about the gateway.</p>${cards(suite)}</section>`,
        ]
      : []),
  ].join("\n");
}

function card({ requirement, owner, checks, root }: Problem, anchor: string): string {
  const { id, level, statement, harm } = requirement;
  const sources = owner === "deployment" ? sourcesOf(checks) : new Map<string, ReportedCheck>();
  return `<article class="card"${anchor}><h3><span class="badge failed">✗ ${id}</span> <span class="dim small">${level}, ${harm}</span><br>${inline(statement)}</h3>${root === undefined ? "" : `<p class="small">Follows from <a href="#${root}">${root}</a>: correct that first.</p>`}
${checks.map((check) => checkBlock(check, sources.get(check.id))).join("\n")}</article>`;
}

/** @param source the check of the same requirement that this one follows from: its facts are those of this one too */
function checkBlock(check: ReportedCheck, source: ReportedCheck | undefined): string {
  const { id, failure, knownDefect, evidence, failureFolder } = check;
  const files = [
    ...(failureFolder === null ? [] : [`${failureFolder}/failure.txt`, `${failureFolder}/repro.sh`]),
    ...evidence,
  ];
  const links = [allureLink(id, "every step"), ...files.map((file) => link(file, file.split("/").at(-1) ?? file))];
  return `<div class="check"><p><code>${escapeHtml(id)}</code>: ${inline(whatOf(check))}</p>
${knownDefect === null ? "" : `<dl class="facts"><dt>defect of</dt><dd>${escapeHtml(`${knownDefect.part} ${knownDefect.versions}`)}: ${inline(knownDefect.reason)} (${link(knownDefect.link, knownDefect.link.replace("https://github.com/", ""))})</dd></dl>`}
${source === undefined ? "" : `<p class="small">Follows from <code>${escapeHtml(source.id)}</code>: correct that first.</p>`}
${failure === null ? "" : source === undefined ? failureFacts(failure) : folded("expected and found", failureFacts(failure))}
<p class="small">${links.join(" · ")}</p></div>`;
}

function failureFacts(failure: ReportedFailure): string {
  if (failure.cases.length === 0) return facts(failure);
  const others = failure.cases.slice(shownCases);
  return [
    ...failure.cases.slice(0, shownCases).map(facts),
    ...(others.length === 0
      ? []
      : [folded(`${others.length} more cases`, `<ul>${others.map(caseLine).join("\n")}</ul>`)]),
  ].join("\n");
}

function caseLine({ case: name, expected, actual, summary }: ReportedFailure): string {
  return `<li>${inline(name ?? summary)}: expected ${inline(firstLine(expected ?? ""))}; found ${inline(firstLine(actual ?? ""))}</li>`;
}

function facts({ expected, actual, cause, location, fix, sent, received }: ReportedFailure): string {
  const row = (name: string, text: string | null): string =>
    text === null || text === "" ? "" : `<dt>${name}</dt><dd>${inline(text)}</dd>`;
  const wire =
    (sent ?? received) !== null
      ? folded(
          "what was sent, and what came back",
          `<pre tabindex="0">${escapeHtml(cut(sent ?? ""))}</pre>${received === null ? "" : `<pre tabindex="0">${escapeHtml(cut(received))}</pre>`}`,
        )
      : "";
  return `<dl class="facts">${row("expected", expected)}${row("found", actual)}${row("likely cause", cause)}${
    location === null ? "" : `<dt>look at</dt><dd>${place(location)}</dd>`
  }${row("fix", fix)}</dl>${wire}`;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function cut(text: string): string {
  return text.length <= shownText ? text : `${text.slice(0, shownText)}\n… (see the evidence)`;
}
