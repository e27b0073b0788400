import { reportDifference } from "../compare/report-diff.ts";
import type { ComparableReport } from "../model/read-report.ts";
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

/** The outcomes and their colours, in the order of the bar. */
const outcomes = [
  { name: "passed", colour: "#2da160" },
  { name: "known-gap", colour: "#d9a514" },
  { name: "not-supported", colour: "#8a8fa3" },
  { name: "failed", colour: "#cf3a3a" },
  { name: "not-tested", colour: "#e3e5ea" },
] as const;

const style = `
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
  .bar { display: flex; width: 14rem; height: .9rem; border-radius: 3px; overflow: hidden; }
  .better { color: #2da160; } .worse { color: #cf3a3a; } .new { font-weight: 600; }
  pre { overflow-x: auto; background: #8881; padding: .6rem; } code { font-size: .92em; }
  article { border: 1px solid #8884; border-radius: 6px; padding: 0 1.2rem; }
  .legend span { margin-right: 1rem; } .legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .3rem; }
`;

/**
 * The first page of a folder of runs: the newest status document, then the trend of each deployment.
 *
 * @param runs newest first
 */
export function indexPage(runs: readonly PublishedRun[]): string {
  const deployments = [...new Set(runs.map(({ report }) => report.deployment.folder))];
  const [newest] = runs;
  return page("Gateway conformance", [
    "<h1>Gateway conformance</h1>",
    ...(newest === undefined ? [] : [`<article>${markdownToHtml(newest.status)}</article>`]),
    legend(),
    ...deployments.flatMap((folder) =>
      trend(
        folder,
        runs.filter(({ report }) => report.deployment.folder === folder),
      ),
    ),
  ]);
}

/** The page of one run. */
export function runPage({ report, status, files }: PublishedRun): string {
  const names: Readonly<Record<string, string>> = { "html/index.html": "checks and evidence (Allure)" };
  const links = files.map((file) => `<a href="${file}${file.includes(".") ? "" : "/"}">${names[file] ?? file}</a>`);
  return page(`Run ${report.run.id}`, [
    '<p><a href="../../index.html">all runs</a></p>',
    `<h1>${escapeHtml(report.deployment.folder)}: ${report.result}</h1>`,
    bar(report),
    `<p>${links.join(" · ")}</p>`,
    `<article>${markdownToHtml(status)}</article>`,
    `<h2>Requirements</h2><table><tr><th>id</th><th>level</th><th>outcome</th><th>statement</th></tr>${report.requirements
      .map(
        ({ id, level, outcome, statement }) =>
          `<tr><td>${id}</td><td>${level}</td><td class="${outcome === "failed" ? "worse" : ""}">${outcome}</td><td>${escapeHtml(statement)}</td></tr>`,
      )
      .join("")}</table>`,
  ]);
}

/** The runs of one deployment, each compared with the one before it. */
function trend(folder: string, runs: readonly PublishedRun[]): string[] {
  const rows = runs.map(({ name, report }, index) => {
    const before = runs[index + 1]?.report;
    return `<tr>
      <td><a href="runs/${name}/index.html">${report.run.finishedAt.slice(0, 16).replace("T", " ")}</a></td>
      <td>${report.result}${report.incomplete === null ? "" : " (incomplete)"}</td>
      <td>${bar(report)}${countsOf(report)}</td>
      <td>${versions(report, before)}</td>
      <td>${before === undefined ? "" : changes(before, report)}</td></tr>`;
  });
  return [
    `<h2>${escapeHtml(folder)}</h2>`,
    `<table><tr><th>run</th><th>result</th><th>requirements</th><th>versions</th><th>since the run before</th></tr>${rows.join("")}</table>`,
    ...byVersion(runs),
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
  const rows = [...newest].map(
    ([version, { name, report }]) =>
      `<tr><td>LiteLLM ${escapeHtml(version)}</td><td>${report.result}</td><td>${bar(report)}</td><td><a href="runs/${name}/index.html">${report.run.finishedAt.slice(0, 10)}</a></td></tr>`,
  );
  return [`<h3>By version</h3><table>${rows.join("")}</table>`];
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
      const changed = before !== undefined && versionOf(before, name) !== version;
      return `<span class="${changed ? "new" : ""}">${name} ${escapeHtml(version)}</span>`;
    })
    .join(", ");
}

function changes(before: ComparableReport, after: ComparableReport): string {
  const { worse, better, changed } = reportDifference(before, after);
  const ids = (kind: string, own: readonly { id: string }[]): string[] =>
    own.length === 0 ? [] : [`<span class="${kind}">${kind}: ${own.map(({ id }) => id).join(", ")}</span>`];
  const deployment = changed.some(({ name }) => name === "deployment") ? ["deployment changed"] : [];
  return [...ids("worse", worse), ...ids("better", better), ...deployment].join("<br>");
}

function bar({ counts, requirements }: ComparableReport): string {
  const pieces = outcomes.map(({ name, colour }) => {
    const share = ((counts[name] ?? 0) / Math.max(requirements.length, 1)) * 100;
    return `<span title="${counts[name] ?? 0} ${name}" style="width:${share.toFixed(2)}%;background:${colour}"></span>`;
  });
  return `<div class="bar">${pieces.join("")}</div>`;
}

function countsOf({ counts }: ComparableReport): string {
  return outcomes
    .filter(({ name }) => (counts[name] ?? 0) > 0)
    .map(({ name }) => `${counts[name]} ${name.replace("-", " ")}`)
    .join(", ");
}

function legend(): string {
  const entries = outcomes.map(({ name, colour }) => `<span><i style="background:${colour}"></i>${name}</span>`);
  return `<p class="legend">${entries.join("")}</p>`;
}

function page(title: string, content: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body>
${content.join("\n")}
</body></html>
`;
}
