import { seconds } from "../../helpers/core/terminal/progress.ts";
import { loadSuites } from "../../helpers/requirements/suites.ts";
import type { ConformanceReport } from "../model/conformance-report.ts";
import { countedOutcome, countsOfLevel, outcomeNames, verdictNames, versionsText } from "../model/headline.ts";
import { consequencesOf, problemsOf } from "../model/problems.ts";
import { picturesOf } from "../pictures/pictures.ts";
import { escapeHtml } from "../status/markdown.ts";
import { environmentSection, provedSection } from "./background.ts";
import { failureSection } from "./failure-section.ts";
import { gapSection, notesSection } from "./gap-section.ts";
import { counted, inline, link, place } from "./html.ts";
import { navigationMark, pageOf } from "./page-shell.ts";
import { pictureSection } from "./picture-section.ts";

/** What else a run's directory has, and the page links to. */
export interface RunFiles {
  /** Relative to the page, e.g. `html/index.html`. */
  files: readonly string[];
}

/** How many problems the top of the page names. */
const firstProblems = 6;

/** The first page of a report, `index.html`: the verdict, what to do first, every requirement, then the details. */
export function runPage(report: ConformanceReport, { files }: RunFiles): string {
  const pictures = picturesOf(report);
  return pageOf(`${verdictNames[report.result]}: ${report.deployment.folder}`, [
    header(report, files),
    "<main>",
    ...notices(report),
    `<div class="overview"><section aria-labelledby="first">${fixFirst(report)}</section><section aria-labelledby="requirements">${grid(report)}</section></div>`,
    failureSection(report),
    gapSection(report),
    notesSection(report),
    pictureSection(pictures),
    provedSection(report),
    environmentSection(report),
    "</main>",
    footer(report),
  ]);
}

function header(report: ConformanceReport, files: readonly string[]): string {
  const { deployment, result, run } = report;
  const took = seconds(Date.parse(run.finishedAt) - Date.parse(run.startedAt));
  const versions = versionsText(report);
  const about = [
    `<code>${escapeHtml(deployment.folder || "no deployment")}</code>`,
    ...(versions === "" ? [] : [escapeHtml(versions)]),
    `<time datetime="${run.finishedAt}">${run.finishedAt.slice(0, 16).replace("T", " ")} UTC</time>`,
    `took ${took}`,
  ];
  const names: Readonly<Record<string, string>> = {
    "html/index.html": "Every step and request (Allure)",
    "STATUS.md": "Status document",
  };
  const links = files.map((file) => `<li>${link(file, names[file] ?? file)}</li>`);
  return `<header>
${navigationMark}
<div class="verdict ${result}"><div><h1>${verdictNames[result]}</h1><p>${about.join(" · ")}</p></div>
<dl class="scores">${score(report, "MUST")}${score(report, "SHOULD")}</dl></div>
<nav aria-label="Files of this report"><ul>${links.join("")}</ul></nav>
</header>`;
}

function score(report: ConformanceReport, level: "MUST" | "SHOULD"): string {
  const { all, passed, ...others } = countsOfLevel(report, level);
  const rest = (["failed", "known-gap", "not-supported", "not-tested"] as const).flatMap((outcome) =>
    others[outcome] === 0 ? [] : [countedOutcome(others[outcome], outcome)],
  );
  return `<div><dt>${level} requirements that hold</dt><dd><b>${passed}</b> of ${all}${rest.length === 0 ? "" : `<br><span class="small dim">${rest.join(", ")}</span>`}</dd></div>`;
}

function notices(report: ConformanceReport): string[] {
  const { incomplete, faults, staleGaps, environmentFailures } = report;
  const bad = [
    ...environmentFailures.map(
      ({ message, log }) =>
        `<strong>The environment failed:</strong> ${inline(message)}${log.length === 0 ? "" : `<pre tabindex="0">${escapeHtml(log.join("\n"))}</pre>`}`,
    ),
    ...faults.map((fault) => `<strong>A fault of the suite itself:</strong> ${inline(fault)}`),
    ...staleGaps.map(({ message }) => `<strong>A known gap no longer fails:</strong> ${inline(message)}`),
  ];
  return [
    ...(incomplete === null || environmentFailures.length > 0 // Their messages are the reason.
      ? []
      : [
          `<p class="notice"><strong>Incomplete:</strong> ${inline(incomplete)}. What was not tested has no verdict.</p>`,
        ]),
    ...bad.map((text) => `<div class="notice bad">${text}</div>`),
  ];
}

function fixFirst(report: ConformanceReport): string {
  const problems = problemsOf(report).filter(({ owner }) => owner === "deployment");
  const versions = problemsOf(report).filter(({ owner }) => owner === "version");
  const title = '<h2 id="first">Fix first</h2>';
  if (problems.length + versions.length === 0) {
    const gaps = report.counts["known-gap"];
    return `${title}<p>Nothing that was tested fails${gaps > 0 ? `; ${counted(gaps, "requirement")} ${gaps === 1 ? "is a" : "are"} <a href="#gaps">known gap${gaps === 1 ? "" : "s"}</a>` : ""}.</p><p class="dim small">${scripted}</p>`;
  }
  const roots = problems.filter(({ root }) => root === undefined);
  const items = roots.slice(0, firstProblems).map((problem) => {
    const { requirement, what, location, fix, cause } = problem;
    const how =
      fix === undefined ? (cause === undefined ? [] : [`Likely cause: ${inline(cause)}`]) : [`Fix: ${inline(fix)}`];
    const where = location === undefined ? [] : [place({ ...location, file: inDeployment(location.file, report) })];
    const follow = consequencesOf(problems, problem).map(({ requirement: { id } }) => `<a href="#${id}">${id}</a>`);
    const from = follow.length === 0 ? [] : [`From it follow: ${follow.join(", ")}`];
    return `<li><a href="#${requirement.id}">${requirement.id}</a> ${inline(what)}<span class="dim small">${[...where, ...how, ...from].join(" · ")}</span></li>`;
  });
  const more = roots.length - items.length;
  const rest = [
    ...(more > 0 ? [`<a href="#failures">${more} more in the deployment</a>`] : []),
    ...(versions.length > 0
      ? [`<a href="#version-failures">${counted(versions.length, "known defect")} of LiteLLM's version</a>`]
      : []),
  ];
  return `${title}<ol class="first">${items.join("\n")}</ol>${rest.length === 0 ? "" : `<p>${rest.join(" · ")}</p>`}<p class="dim small">Worst first: secrets, then access, then what clients need. ${scripted}</p>`;
}

/** A file of the deployment without the deployment's folder, which the top of the page names. */
function inDeployment(file: string, { deployment: { folder } }: ConformanceReport): string {
  return folder !== "" && file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
}

const scripted = "The model is scripted: the run proves the path to it and back, not the model.";

const marks = { passed: "✓", failed: "✗", "known-gap": "~", "not-supported": "–", "not-tested": "?" } as const;

function grid({ requirements, counts }: ConformanceReport): string {
  const titles = new Map(loadSuites().map(({ folder, title }) => [folder, title]));
  const suites = [...new Set(requirements.map(({ suite }) => suite))];
  const legend = (["failed", "known-gap", "not-supported", "not-tested", "passed"] as const).map(
    (outcome) =>
      `<li><span class="badge ${outcome}">${marks[outcome]} ${countedOutcome(counts[outcome], outcome)}</span></li>`,
  );
  const groups = suites.map((suite) => {
    const own = requirements.filter((one) => one.suite === suite);
    const passed = own.filter(({ outcome }) => outcome === "passed").length;
    const tiles = own.map(({ id, outcome, statement, level }) => {
      const label = `${id} (${level}), ${outcomeNames[outcome]}: ${statement}`;
      return `<li><a class="${outcome}" href="#${id}" title="${escapeHtml(label)}" aria-label="${escapeHtml(label)}">${marks[outcome]} ${id.split("-").at(-1)}</a></li>`;
    });
    return `<h3>${escapeHtml(titles.get(suite) ?? suite)} <span class="dim small">${own[0]?.id.split("-")[0]}, ${passed} of ${own.length} hold</span></h3><ul class="tiles">${tiles.join("")}</ul>`;
  });
  return `<h2 id="requirements">All ${requirements.length} requirements</h2><ul class="legend" aria-label="Requirements by outcome">${legend.join("")}</ul>${groups.join("\n")}`;
}

function footer({ run, suiteVersion, checkCounts }: ConformanceReport): string {
  const checks = Object.values(checkCounts).reduce((sum, count) => sum + count, 0);
  return `<footer>Run ${escapeHtml(run.id)}, suite ${escapeHtml(suiteVersion)}, ${checks} checks. Secrets of the run are canaries; the report names them, ‹LITELLM_MASTER_KEY›, and never contains a value.</footer>`;
}
