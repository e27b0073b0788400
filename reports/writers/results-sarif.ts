import { isAbsolute, relative } from "node:path";
import {
  type ConformanceReport,
  checksOf,
  type ReportedCheck,
  type ReportedFailure,
} from "../model/conformance-report.ts";
import { followsText, type Root, rootsByCheck } from "../model/roots.ts";

/**
 * The failures as SARIF 2.1.0, which code scanning shows at the lines that most likely cause them. A known gap is a
 * suppressed result; a failure without a line is at the deployment's folder. What follows from another failure is a note that
 * points at that one's line.
 */
export function resultsSarif(report: ConformanceReport): string {
  const checks = checksOf(report).filter(({ failure }) => failure !== null);
  const roots = rootsByCheck(report);
  const named = new Set(checks.flatMap(({ requirements }) => requirements));
  const rules = report.requirements
    .filter(({ id }) => named.has(id))
    .map(({ id, level, statement, source }) => ({
      id,
      shortDescription: { text: statement },
      help: { text: `${level}. Source: ${source}` },
      defaultConfiguration: { level: levelOf(level) },
    }));
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "litellm-gateway-conformance", version: report.suiteVersion || "0.0.0", rules },
        },
        results: checks.flatMap((check) => results(check, report, roots.get(check.id))),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** One result for each line: the cases of a check that share a line are one. */
function results(check: ReportedCheck, report: ConformanceReport, root: Root | undefined): object[] {
  const { id, failure, gap, requirements } = check;
  if (failure === null) return [];
  const details = failure.cases.length > 0 ? failure.cases : [failure];
  const byLine = Map.groupBy(details, ({ location }) => `${location?.file ?? ""}:${location?.line ?? 0}`);
  const [ruleId] = requirements;
  const rule = report.requirements.find((one) => one.id === ruleId);
  return [...byLine].map(([line, [first, ...others]]) => ({
    ruleId,
    level: root === undefined ? levelOf(rule?.level ?? "MUST") : "note",
    message: {
      text: [
        ...(root === undefined ? [] : [followsText(root)]),
        first === undefined ? failure.summary : textOf(first, others.length),
      ].join("\n"),
    },
    locations: [{ physicalLocation: physicalLocation(first?.location ?? null, report.deployment.folder) }],
    ...relatedLocations(root, report.deployment.folder),
    partialFingerprints: { checkAndLine: `${id} ${line}` },
    ...(gap === null ? {} : { suppressions: [{ kind: "external", justification: `${gap.reason} (${gap.link})` }] }),
  }));
}

/** The line of the problem that a failure follows from. */
function relatedLocations(root: Root | undefined, folder: string): object {
  if (root === undefined) return {};
  const message = { text: followsText(root) };
  return { relatedLocations: [{ physicalLocation: physicalLocation(root.location ?? null, folder), message }] };
}

function levelOf(level: string): "error" | "warning" {
  return level.startsWith("MUST") ? "error" : "warning";
}

function textOf({ summary, expected, actual, cause, fix }: ReportedFailure, others: number): string {
  return [
    summary.split("\n")[0] ?? "",
    ...(expected === null ? [] : [`expected: ${expected}`]),
    ...(actual === null ? [] : [`found: ${actual}`]),
    ...(cause === null ? [] : [`likely cause: ${cause}`]),
    ...(fix === null ? [] : [`fix: ${fix}`]),
    ...(others === 0 ? [] : [`and ${others} more`]),
  ].join("\n");
}

function physicalLocation(location: ReportedFailure["location"], folder: string): object {
  const file = location?.file ?? folder;
  const uri = isAbsolute(file) ? relative(process.cwd(), file) : file;
  return {
    artifactLocation: { uri: uri.split("/").map(encodeURIComponent).join("/") || "." },
    region: { startLine: location?.line ?? 1 },
  };
}
