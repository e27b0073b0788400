import { reportDifference } from "../compare/report-diff.ts";
import { countedOutcome, verdictNames } from "../model/headline.ts";
import type { ComparableReport } from "../model/read-report.ts";
import { inline, link, scrollingTable } from "../page/html.ts";
import { navigationMark, pageOf } from "../page/page-shell.ts";
import { figure } from "../page/picture-section.ts";
import { trendPicture } from "../pictures/trend-picture.ts";
import { escapeHtml, markdownToHtml } from "../status/markdown.ts";

/** A run in a folder of runs. */
export interface PublishedRun {
  /** Name of its folder. */
  name: string;
  report: ComparableReport;
  /** Text of STATUS.md. */
  status: string;
  /** Files and folders of the run that can be opened, relative to its folder. */
  files: readonly string[];
}

/** The outcomes in the order in which a row counts them. */
const outcomes = ["failed", "known-gap", "not-supported", "not-tested", "passed"] as const;

/**
 * The first page of a folder of runs: the newest verdict of each deployment, its trend and its runs.
 *
 * @param runs newest first
 */
export function indexPage(runs: readonly PublishedRun[]): string {
  const deployments = [...new Set(runs.map(({ report }) => report.deployment.folder))];
  return pageOf("Gateway conformance", [
    "<header><h1>Gateway conformance</h1></header><main>",
    ...deployments.flatMap((folder, index) =>
      deploymentSection(
        runs.filter(({ report }) => report.deployment.folder === folder),
        index,
      ),
    ),
    "</main>",
  ]);
}

/** The page of a run that has none of its own: one of an older suite. */
export function runPage({ report, status, files }: PublishedRun): string {
  const names: Readonly<Record<string, string>> = { "html/index.html": "checks and evidence (Allure)" };
  const links = files.map((file) => `<li>${link(`${file}${file.includes(".") ? "" : "/"}`, names[file] ?? file)}</li>`);
  const rows = report.requirements.map(({ id, level, outcome, statement }) => [
    id,
    escapeHtml(level),
    `<span class="badge ${escapeHtml(outcome)}">${escapeHtml(outcome)}</span>`,
    inline(statement),
  ]);
  return withNavigation(
    pageOf(`Run ${report.run.id}`, [
      `<header>${navigationMark}<div class="verdict ${report.result}"><h1>${verdictNames[report.result]}</h1><p><code>${escapeHtml(report.deployment.folder)}</code></p></div>`,
      `<nav aria-label="Files of this report"><ul>${links.join("")}</ul></nav></header><main>`,
      `<article>${markdownToHtml(status)}</article>`,
      "<h2>Requirements</h2>",
      scrollingTable("Requirements", ["id", "level", "outcome", "statement"], rows),
      "</main>",
    ]),
  );
}

/** A run's own page, with a link to the other runs. */
export function withNavigation(page: string): string {
  return page.replace(navigationMark, '<p class="small"><a href="../../index.html">all runs</a></p>');
}

/** The runs of one deployment, each compared with the one before it. */
function deploymentSection(runs: readonly PublishedRun[], index: number): string[] {
  const [newest] = runs;
  if (newest === undefined) return [];
  const { report } = newest;
  const trend = trendPicture(
    runs.map((run) => run.report),
    `trend-${index + 1}`,
  );
  const rows = runs.map((run, at) => {
    const before = runs[at + 1]?.report;
    return [
      link(pageIn(run), timeOf(run.report)),
      `${verdictBadge(run.report)}${run.report.incomplete === null ? "" : " (incomplete)"}`,
      countsOf(run.report),
      versions(run.report, before),
      before === undefined ? "" : changes(before, run.report),
    ];
  });
  return [
    `<section aria-labelledby="deployment-${index + 1}"><h2 id="deployment-${index + 1}"><code>${escapeHtml(report.deployment.folder)}</code> ${verdictBadge(report)}</h2>`,
    `<p>Newest run: ${link(pageIn(newest), timeOf(report))}, ${countsOf(report)}.</p>`,
    ...(trend === undefined ? [] : [figure(trend)]),
    scrollingTable("Runs", ["run", "result", "requirements", "versions", "since the run before"], rows),
    ...byVersion(runs),
    "</section>",
  ];
}

/** The newest run of each version of LiteLLM. */
function byVersion(runs: readonly PublishedRun[]): string[] {
  const newest = new Map<string, PublishedRun>();
  for (const run of runs) {
    const version = versionOf(run.report, "litellm");
    if (version !== undefined && !newest.has(version)) newest.set(version, run);
  }
  if (newest.size < 2) return [];
  const rows = [...newest].map(([version, run]) => [
    `LiteLLM ${escapeHtml(version)}`,
    verdictBadge(run.report),
    countsOf(run.report),
    link(pageIn(run), run.report.run.finishedAt.slice(0, 10)),
  ]);
  return ["<h3>By version</h3>", scrollingTable("By version", ["version", "result", "requirements", "run"], rows)];
}

function pageIn({ name }: PublishedRun): string {
  return `runs/${name}/index.html`;
}

function timeOf({ run }: ComparableReport): string {
  return run.finishedAt.slice(0, 16).replace("T", " ");
}

function verdictBadge({ result }: ComparableReport): string {
  const look = result === "conformant" ? "passed" : result === "not-conformant" ? "failed" : "not-tested";
  return `<span class="badge ${look}">${verdictNames[result].toLowerCase()}</span>`;
}

function versionOf({ parts }: ComparableReport, name: string): string | undefined {
  return parts.find((part) => part.name === name)?.version;
}

/** The parts whose version an operator chooses; a version that is new since the run before is bold. */
function versions(report: ComparableReport, before: ComparableReport | undefined): string {
  return ["litellm", "traefik", "codex", "postgres"]
    .flatMap((name) => {
      const version = versionOf(report, name);
      if (version === undefined) return [];
      const text = `${name} ${escapeHtml(version)}`;
      return before !== undefined && versionOf(before, name) !== version ? `<strong>${text}</strong>` : text;
    })
    .join(", ");
}

function changes(before: ComparableReport, after: ComparableReport): string {
  const { worse, better, changed } = reportDifference(before, after);
  const ids = (kind: string, look: string, own: readonly { id: string }[]): string[] =>
    own.length === 0
      ? []
      : [`<span class="badge ${look}">${kind}</span> ${own.map(({ id }) => escapeHtml(id)).join(", ")}`];
  const deployment = changed.some(({ name }) => name === "deployment") ? ["deployment changed"] : [];
  return [...ids("worse", "failed", worse), ...ids("better", "passed", better), ...deployment].join("<br>");
}

function countsOf({ counts }: ComparableReport): string {
  return outcomes
    .filter((outcome) => (counts[outcome] ?? 0) > 0)
    .map((outcome) => countedOutcome(counts[outcome] ?? 0, outcome))
    .join(", ");
}
