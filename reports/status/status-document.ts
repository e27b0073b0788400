import { seconds } from "../../helpers/core/terminal/progress.ts";
import { loadSuites } from "../../helpers/requirements/suites.ts";
import { type ConformanceReport, checksOf, type ReportedCheck } from "../model/conformance-report.ts";
import { levelText, partTitles, verdictNames, versionsText } from "../model/headline.ts";
import { consequencesOf, type Problem, problemsOf, whatOf } from "../model/problems.ts";
import { answersTo, type OpenQuestion } from "./open-questions.ts";
import { environment } from "./status-environment.ts";
import { clientLogins } from "./status-logins.ts";
import { evidenceLinks, table } from "./status-table.ts";

/** How many findings of a suite the document has; the first page has all. */
const shownFindings = 5;

/** How long what is wrong may be, in characters. */
const longestProblem = 200;

/** How many checks of a problem have their links. */
const shownEvidence = 2;

/** How long a finding may be, in characters. */
const longestFinding = 420;

/** The status document (`STATUS.md`): the verdict, what to fix first and whose it is, every gap, and what was proved. */
export function statusDocument(report: ConformanceReport, questions: readonly OpenQuestion[] = []): string {
  const problems = problemsOf(report);
  return [
    `# ${verdictNames[report.result]}: ${report.deployment.folder || "no deployment"}`,
    "",
    ...verdict(report),
    ...firstThings(report),
    ...deploymentProblems(problems.filter(({ owner }) => owner === "deployment")),
    ...versionProblems(problems.filter(({ owner }) => owner === "version")),
    ...brokenChecks(problems.filter(({ owner }) => owner === "suite")),
    ...gaps(report),
    ...answered(report, questions),
    ...clientLogins(report),
    ...proved(report),
    ...environment(report),
  ].join("\n");
}

function verdict(report: ConformanceReport): string[] {
  const { run, suiteVersion, incomplete } = report;
  const took = seconds(Date.parse(run.finishedAt) - Date.parse(run.startedAt));
  const versions = versionsText(report);
  return [
    `**${levelText(report, "MUST")}. ${levelText(report, "SHOULD")}.**${incomplete === null ? "" : ` Incomplete: ${incomplete}.`}`,
    "The model is scripted: the run proves the path to it and back, not the model.",
    "",
    `**By**: run ${run.id} on ${run.finishedAt.slice(0, 10)}, took ${took}; suite ${suiteVersion}${versions === "" ? "" : `; ${versions}`}. [First page](index.html), [every step](html/index.html).`,
    "",
  ];
}

/** What keeps the run from having a verdict, or makes it not conformant without a requirement that fails. */
function firstThings({ faults, staleGaps, environmentFailures }: ConformanceReport): string[] {
  const things = [
    ...environmentFailures.map(({ message }) => `Fix the environment and run again: ${message}`),
    ...faults.map((fault) => `Fix the suite itself: ${fault}`),
    ...staleGaps.map(({ message }) => `Remove a stale known gap: ${message}`),
  ];
  return things.length === 0 ? [] : ["## First of all", ...things.map((thing) => `- ${oneLine(thing)}`), ""];
}

function deploymentProblems(problems: readonly Problem[]): string[] {
  if (problems.length === 0) return [];
  const roots = problems.filter(({ root }) => root === undefined);
  return [
    "## Fix first: yours",
    "",
    ...table(
      ["", "requirement", "what is wrong", "look at", "do", "evidence"],
      roots.map((problem, index) => {
        const { requirement, what, location, fix, cause, checks } = problem;
        const consequences = consequencesOf(problems, problem).map((one) => one.requirement.id);
        return [
          String(index + 1),
          `${requirement.id} ${requirement.level}`,
          `${cut(what, longestProblem)}${consequences.length === 0 ? "" : ` **From it follow**: ${consequences.join(", ")}.`}`,
          location === undefined ? "" : `\`${location.file}:${location.line}\``,
          fix ?? (cause === undefined ? "" : `likely cause: ${cause}`),
          checks.slice(0, shownEvidence).map(evidenceLinks).join(", "),
        ];
      }),
    ),
  ];
}

function versionProblems(problems: readonly Problem[]): string[] {
  if (problems.length === 0) return [];
  const checks = problems.flatMap((problem) => problem.checks);
  return [
    `## Fix first: ${ownersOf(checks)}`,
    "",
    "No line of the deployment causes these. Run a version outside of the range, or accept each in `known-gaps.yaml`.",
    "",
    ...table(
      ["check", "defect", "part and versions", "tracked at", "evidence"],
      checks.flatMap((check) =>
        check.knownDefect === null
          ? []
          : [
              [
                check.id,
                check.knownDefect.reason,
                `${check.knownDefect.part} ${check.knownDefect.versions}`,
                `[${shortLink(check.knownDefect.link)}](${check.knownDefect.link})`,
                evidenceLinks(check),
              ],
            ],
      ),
    ),
  ];
}

/** Whose defects these are, e.g. `LiteLLM's`. */
function ownersOf(checks: readonly ReportedCheck[]): string {
  const parts = new Set(checks.flatMap(({ knownDefect }) => knownDefect?.part ?? []));
  return [...parts].map((part) => `${partTitles[part] ?? part}'s`).join(" and ");
}

function brokenChecks(problems: readonly Problem[]): string[] {
  if (problems.length === 0) return [];
  const lines = problems.flatMap(({ checks }) => checks.map((check) => `- ${check.id}: ${oneLine(whatOf(check))}`));
  return ["## Checks that broke", "", "These say nothing about the gateway.", "", ...lines, ""];
}

/** Every check that did not pass and did not fail: one row each. */
function gaps(report: ConformanceReport): string[] {
  const checks = checksOf(report);
  const known = checks.flatMap((check) => (check.gap === null ? [] : [{ ...check, gap: check.gap }]));
  const lacking = checks.filter(({ outcome }) => outcome === "not-supported");
  const untested = report.requirements.filter(({ outcome }) => outcome === "not-tested").map(({ id }) => id);
  return [
    ...(known.length === 0
      ? []
      : [
          "## Known gaps",
          "",
          ...table(
            ["check", "what does not hold", "part and versions", "tracked at", "until"],
            known.map(({ id, gap }) => [
              id,
              gap.reason,
              `${gap.part} ${gap.versions}`,
              `[${shortLink(gap.link)}](${gap.link})`,
              gap.until,
            ]),
          ),
        ]),
    ...(lacking.length === 0
      ? []
      : [
          "## Not supported",
          "",
          ...table(
            ["what this version or deployment lacks", "checks"],
            [...Map.groupBy(lacking, whatOf)].map(([reason, own]) => [reason, own.map(({ id }) => id).join(", ")]),
          ),
        ]),
    ...(untested.length === 0 ? [] : [`**Not tested**: ${untested.join(", ")}.`, ""]),
  ];
}

function answered(report: ConformanceReport, questions: readonly OpenQuestion[]): string[] {
  if (questions.length === 0) return [];
  return [
    "## Questions, answered",
    "",
    ...table(
      ["question", "answer", "because of"],
      answersTo(questions, report).map(({ question, answer, because }) => [
        question,
        answer,
        because.map(named).join(", "),
      ]),
    ),
  ];
}

function named({ id, outcome }: ReportedCheck): string {
  return outcome === "passed" ? id : `${id} (${outcome.replace("-", " ")})`;
}

function proved(report: ConformanceReport): string[] {
  const suites = [...new Set(report.requirements.map(({ suite }) => suite))];
  const titles = new Map(loadSuites().map(({ folder, title }) => [folder, title]));
  return [
    "## What was proved",
    "",
    ...suites.flatMap((suite) => {
      const own = report.requirements.filter((requirement) => requirement.suite === suite);
      const passed = own.filter(({ outcome }) => outcome === "passed").length;
      const unsupported = own.filter(({ outcome }) => outcome === "not-supported").length;
      const checks = checksOf({ requirements: own });
      // Cases run concurrently: their findings come in the order in which they end.
      const findings = [
        ...new Set(checks.filter(({ outcome }) => outcome === "passed").flatMap((check) => check.findings.toSorted())),
      ];
      const rest = findings.length - shownFindings;
      return [
        `- **${titles.get(suite) ?? suite}**: ${passed} of ${own.length} requirements hold${unsupported > 0 ? `, ${unsupported} not supported` : ""}, by ${checks.length} checks.`,
        ...findings.slice(0, shownFindings).map((text) => `  - ${cut(oneLine(text), longestFinding)}`),
        ...(rest > 0 ? [`  - and ${rest} more findings: see the [first page](index.html#proved).`] : []),
      ];
    }),
    "",
  ];
}

function shortLink(link: string): string {
  return link.replace("https://github.com/", "").replace(/\/(issues|pull)\//, "#");
}

function oneLine(text: string): string {
  return text.replaceAll("\n", " ");
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)} …`;
}
