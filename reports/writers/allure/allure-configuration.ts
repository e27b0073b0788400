import { join } from "node:path";
import type { ConformanceReport } from "../../model/conformance-report.ts";
import { countsOfLevel, verdictNames, versionsText } from "../../model/headline.ts";
import { kindLabel, kinds } from "./allure-result.ts";

/** How many runs the trend covers: Allure's page contains the outcome of every check in each of them. */
const longestTrend = 10;

/** Labels that repeat what the tree, the tags and the title say. Those that Allure groups by cannot be hidden. */
const noise = [
  "ALLURE_ID",
  "check",
  "requirement",
  "epic",
  "feature",
  "story",
  "subSuite",
  "package",
  "host",
  "thread",
  "framework",
  "language",
];

/**
 * Allure's configuration for a run.
 *
 * @param directory the run's directory
 * @param report undefined for a run without `conformance.json`
 */
export function allureConfiguration(
  directory: string,
  history: { historyPath: string; appendHistory: boolean },
  report: ConformanceReport | undefined,
): object {
  const trend = { limit: longestTrend };
  const options = {
    singleFile: true,
    reportLanguage: "en",
    groupBy: ["parentSuite", "suite"],
    // The failure next to the list of checks.
    layout: "split",
    // By id: the order in which checks end means nothing.
    defaultSortBy: "name,asc",
    sections: ["charts"],
    charts: [
      { type: "currentStatus", title: "This run" },
      { type: "statusDynamics", title: "Outcomes over runs", ...trend },
      { type: "statusTransitions", title: "Changes from run to run", ...trend },
      { type: "durationDynamics", title: "Time over runs", ...trend },
    ],
  };
  return {
    name: nameOf(report),
    output: join(directory, "html"),
    ...history,
    historyLimit: longestTrend,
    variables: variables(report),
    hideLabels: noise,
    categories: kinds.map(({ kind, name }) => ({
      id: kind,
      name,
      matchers: { labels: { [kindLabel]: kind } },
      groupByMessage: true,
      expand: kind !== "not-tested",
    })),
    globalAttachments: ["STATUS.md", "pictures/*.svg"],
    plugins: { awesome: { options } },
  };
}

/** The verdict first: whoever opens the page reads its title. */
function nameOf(report: ConformanceReport | undefined): string {
  if (report === undefined) return "LiteLLM gateway conformance";
  const versions = versionsText(report);
  return [verdictNames[report.result], report.deployment.folder, ...(versions === "" ? [] : [versions])].join(" · ");
}

/** E.g. `37 of 68 hold`. */
function heldText(report: ConformanceReport, level: "MUST" | "SHOULD"): string {
  const { passed, all } = countsOfLevel(report, level);
  return `${passed} of ${all} hold`;
}

/** The run above the results: what the verdict counts, and what was tested. */
function variables(report: ConformanceReport | undefined): Record<string, string> {
  if (report === undefined) return {};
  const { deployment, engine, parts, incomplete } = report;
  return {
    ...Object.fromEntries((["MUST", "SHOULD"] as const).map((level) => [level, heldText(report, level)])),
    ...(incomplete === null ? {} : { incomplete }),
    deployment: `${deployment.folder}, ${deployment.digest.slice(0, 19)}`,
    engine: engine.version,
    ...Object.fromEntries(parts.map(({ name, version, origin }) => [name, `${version}, ${origin}`])),
  };
}
