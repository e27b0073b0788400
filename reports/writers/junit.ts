import { messageOf } from "../model/check-result.ts";
import { type ConformanceReport, checksOf, type ReportedCheck } from "../model/conformance-report.ts";
import { followsText, type Root, rootsByCheck } from "../model/roots.ts";

/**
 * The run as JUnit XML, as CI systems read it: a suite of the suite, a case of each check by its id, with the reason of
 * each check that was skipped. A failure that follows from another one says so first. The time of the whole is the run's.
 */
export function junitXml(report: ConformanceReport): string {
  const { run, requirements } = report;
  const seconds = (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1_000;
  const suites = [...new Set(requirements.map(({ suite }) => suite))].map((suite) => ({
    suite,
    checks: checksOf({ requirements: requirements.filter((one) => one.suite === suite) }),
  }));
  const all = checksOf(report);
  const roots = rootsByCheck(report);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${attribute(report.summary)}" ${counts(all)} time="${seconds.toFixed(3)}" timestamp="${run.startedAt}">`,
    ...suites.flatMap(({ suite, checks }) => {
      // A check that counts against another suite's requirement is below its own suite.
      const own = checks.filter(({ requirements: [first = ""] }) =>
        requirements.some(({ id, suite: of }) => id === first && of === suite),
      );
      const took = own.reduce((sum, { duration }) => sum + duration, 0) / 1_000;
      return [
        `  <testsuite name="${attribute(suite)}" ${counts(own)} time="${took.toFixed(3)}">`,
        ...own.map((check) => testCase(check, roots.get(check.id))),
        "  </testsuite>",
      ];
    }),
    ...environmentErrors(report),
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase(check: ReportedCheck, root: Root | undefined): string {
  const { id, title, file, duration, requirements } = check;
  const [requirement = "", name = ""] = id.split("/");
  const properties = [
    ["id", id],
    ["title", title],
    ["requirements", requirements.join(" ")],
    ["outcome", check.outcome],
    ...(root === undefined ? [] : [["follows", root.id]]),
  ].map(([key = "", value = ""]) => `        <property name="${key}" value="${attribute(value)}"/>`);
  return [
    `    <testcase classname="${attribute(requirement)}" name="${attribute(`${name}: ${title}`)}" file="${attribute(file)}" time="${(duration / 1_000).toFixed(3)}">`,
    "      <properties>",
    ...properties,
    "      </properties>",
    ...outcomeElement(check, root),
    "    </testcase>",
  ].join("\n");
}

function outcomeElement(check: ReportedCheck, root: Root | undefined): string[] {
  const { outcome, failure, ownFault } = check;
  if (outcome === "passed") return [];
  const message = [...(root === undefined ? [] : [followsText(root)]), messageOf(check) ?? ""].join("\n");
  const first = attribute(message.split("\n")[0] ?? "");
  if (outcome !== "failed") return [`      <skipped message="${attribute(outcome.replace("-", " "))}: ${first}"/>`];
  const element = failure === null ? "error" : "failure";
  const type = failure?.code ?? ownFault?.name ?? "";
  return [`      <${element} type="${attribute(type)}" message="${first}">${text(message)}</${element}>`];
}

/** What failed outside of any check, as a suite of its own: a CI that reads only this file must not see a green run. */
function environmentErrors({ environmentFailures, faults }: ConformanceReport): string[] {
  const errors = [...environmentFailures.map(({ message }) => message), ...faults];
  if (errors.length === 0) return [];
  return [
    `  <testsuite name="run" tests="${errors.length}" failures="0" errors="${errors.length}" skipped="0">`,
    ...errors.map(
      (message, index) =>
        `    <testcase classname="run" name="error ${index + 1}"><error message="${attribute(message)}"/></testcase>`,
    ),
    "  </testsuite>",
  ];
}

function counts(checks: readonly ReportedCheck[]): string {
  const failed = checks.filter(({ outcome }) => outcome === "failed");
  const failures = failed.filter(({ failure }) => failure !== null).length;
  const skipped = checks.filter(({ outcome }) => outcome !== "failed" && outcome !== "passed").length;
  return `tests="${checks.length}" failures="${failures}" errors="${failed.length - failures}" skipped="${skipped}"`;
}

/** Characters that XML 1.0 forbids (section 2.2); answers of a gateway can have them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function text(value: string): string {
  return value.replaceAll(forbidden, "�").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function attribute(value: string): string {
  return text(value).replaceAll('"', "&quot;").replaceAll("\n", "&#10;");
}
