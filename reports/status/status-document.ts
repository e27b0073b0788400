import { loadSuites } from "../../helpers/requirements/suites.ts";
import { messageOf } from "../model/check-result.ts";
import type { ConformanceReport, ReportedFailure, ReportedRequirement } from "../model/conformance-report.ts";
import { answers } from "./open-questions.ts";

/** How much of a failure's message the document quotes: lines, and characters of each. `conformance.json` has all of it. */
const quotedLines = 24;
const quotedLength = 300;

/** The status document (`STATUS.md`), in the form of the document that was once written by hand. */
export function statusDocument(report: ConformanceReport): string {
  return [
    "# MCP Integration Status: LiteLLM gateway",
    "",
    `**Updated**: ${report.run.finishedAt.slice(0, 10)}  `,
    `**By**: conformance run ${report.run.id}, suite ${report.suiteVersion}  `,
    `**Result**: ${report.result}${report.incomplete === null ? "" : ` (incomplete: ${report.incomplete})`}`,
    "",
    ...environment(report),
    ...validation(report),
    ...gaps(report),
    ...nextSteps(report),
    ...openPoints(report),
  ].join("\n");
}

function environment(report: ConformanceReport): string[] {
  const { deployment, engine, parts } = report;
  const one = parts.filter((part, index) => parts.findIndex(({ name }) => name === part.name) === index);
  const litellm = parts.find(({ name }) => name === "litellm");
  return [
    "## Environment Snapshot",
    `- **Deployment**: \`${deployment.folder}\` (${shortDigest(deployment.digest)})`,
    ...(litellm === undefined ? [] : [`- **LiteLLM version**: ${litellm.version} (container \`litellm\`)`]),
    ...deployment.hosts.map(
      ({ url, zone }) => `- **${zone === "internal" ? "Internal" : "External"} host**: \`${url}\``,
    ),
    `- **Config**: \`${deployment.config}\` registers the upstream MCP servers ${deployment.upstreams.map(upstreamText).join(", ")}`,
    `- **Secrets**: \`${deployment.secrets.file}\` provides ${deployment.secrets.names.map((name) => `\`${name}\``).join(", ")}; each was replaced by a canary of this run`,
    "- **Client configs**:",
    ...deployment.clients.map(
      ({ name, config, addresses }) => `  - ${name} (\`${config}\`) → ${addresses.map((at) => `\`${at}\``).join(", ")}`,
    ),
    `- **Engine**: Docker ${engine.version}`,
    "- **Parts**:",
    ...one.map(
      ({ name, version, origin, source, digest }) =>
        `  - ${name} ${version}: ${origin} from ${source} (${shortDigest(digest)})`,
    ),
    "",
  ];
}

function upstreamText({ name, transport, source, version }: Upstream): string {
  return `${name} (${transport}, \`${source}\`${version === null ? "" : ` ${version}`})`;
}

type Upstream = ConformanceReport["deployment"]["upstreams"][number];

function validation(report: ConformanceReport): string[] {
  const suites = [...new Set(report.requirements.map(({ suite }) => suite))];
  const titles = new Map(loadSuites().map(({ folder, title }) => [folder, title]));
  return [
    "## Validation to Date",
    ...suites.flatMap((suite) => {
      const own = report.requirements.filter((requirement) => requirement.suite === suite);
      // Cases run concurrently: their findings come in the order in which they end.
      const findings = new Set(own.flatMap(({ checks }) => checks.flatMap((check) => check.findings.toSorted())));
      return [`- **${titles.get(suite) ?? suite}**: ${suiteLine(own)}`, ...[...findings].map((text) => `  - ${text}`)];
    }),
    "",
  ];
}

/** A suite in a sentence: how much of it was proved, and what was not, by name. */
function suiteLine(own: readonly ReportedRequirement[]): string {
  const of = (outcome: string): string[] => own.filter((one) => one.outcome === outcome).map(({ id }) => id);
  const checks = new Set(own.flatMap((one) => one.checks.map(({ id }) => id))).size;
  const others = [
    ["failed", "does not hold", "do not hold"],
    ["known-gap", "is a known gap", "are known gaps"],
    ["not-supported", "needs another version", "need another version"],
    ["not-tested", "was not tested", "were not tested"],
  ].flatMap(([outcome = "", one, several]) => {
    const ids = of(outcome);
    return ids.length === 0 ? [] : [`${ids.length} ${ids.length === 1 ? one : several} (${ids.join(", ")})`];
  });
  const passed = of("passed").length;
  const proved = `${passed} of ${own.length} requirements ${passed === 1 ? "holds" : "hold"}, by ${checks} checks`;
  return `${[proved, ...others].join("; ")}.`;
}

function gaps(report: ConformanceReport): string[] {
  const found = report.requirements.filter(({ outcome }) => ["failed", "known-gap", "not-supported"].includes(outcome));
  if (found.length === 0) return [];
  return [
    "## Gaps",
    ...found.map(({ id, statement, outcome, checks }) => {
      const own = checks.filter((check) => check.outcome === outcome);
      const left = own.flatMap(({ failureFolder }) => (failureFolder === null ? [] : [`\`${failureFolder}/\``]));
      const head = `- **${id}** (${outcome.replace("-", " ")}): ${statement}`;
      return [
        `${head}${left.length > 0 ? ` Captured: ${left.join(", ")}.` : ""}`,
        ...quoted(own[0] === undefined ? undefined : messageOf(own[0])),
      ].join("\n");
    }),
    "",
  ];
}

function openPoints(report: ConformanceReport): string[] {
  return ["## Open Questions, Answered", ...answers(report), ""];
}

function nextSteps(report: ConformanceReport): string[] {
  const failed = report.requirements.filter(({ outcome, level }) => outcome === "failed" && level.startsWith("MUST"));
  const advised = report.requirements.filter(
    ({ outcome, level }) => outcome === "failed" && level.startsWith("SHOULD"),
  );
  const untested = report.requirements.filter(({ outcome }) => outcome === "not-tested");
  const steps = [
    ...report.faults.map((fault) => `Fix the suite itself: ${fault}`),
    ...report.staleGaps.map(({ message }) => `Remove a stale known gap: ${message}`),
    ...report.environmentFailures.map(({ message }) => `Fix the environment and run again: ${message}`),
    ...failed.map((requirement) => `Fix ${stepText(requirement)}`),
    ...advised.map((requirement) => `Consider ${stepText(requirement)}`),
    ...(untested.length > 0 ? [`Prove what this run did not test: ${untested.map(({ id }) => id).join(", ")}.`] : []),
  ];
  return [
    "## Immediate Next Steps",
    ...(steps.length > 0 ? steps.map((step, index) => `${index + 1}. ${step}`) : ["None."]),
    "",
  ];
}

/** What to fix, where, and how. */
function stepText({ id, statement, checks }: ReportedRequirement): string {
  const failures = checks.flatMap(({ outcome, failure }) =>
    outcome === "failed" && failure !== null ? [failure] : [],
  );
  const location = failures.find((failure) => failure.location !== null)?.location;
  const [cause, fix] = [firstOf(failures, "cause"), firstOf(failures, "fix")];
  return [
    `${id}: ${statement}`,
    ...(location ? [`Look at \`${location.file}:${location.line}\`.`] : []),
    ...(cause === undefined ? [] : [`Likely cause: ${sentence(cause)}`]),
    ...(fix === undefined ? [] : [`Fix: ${sentence(fix)}`]),
  ].join(" ");
}

/** A field of the first failure that has it: of the check's own, or of one of its cases. */
function firstOf(failures: readonly ReportedFailure[], field: "cause" | "fix"): string | undefined {
  return (
    failures.flatMap((failure) => [failure, ...failure.cases]).find((one) => one[field] !== null)?.[field] ?? undefined
  );
}

function sentence(text: string): string {
  return `${text.replace(/\.$/, "")}.`;
}

function quoted(message: string | undefined): string[] {
  if (message === undefined) return [];
  const lines = message.split("\n");
  const kept = lines
    .slice(0, quotedLines)
    .map((line) => (line.length > quotedLength ? `${line.slice(0, quotedLength)} …` : line));
  const left = lines.length - kept.length;
  const rest = left > 0 ? [`… ${left} more lines in conformance.json`] : [];
  return ["", "  ```", ...[...kept, ...rest].map((line) => `  ${line}`), "  ```"];
}

function shortDigest(digest: string): string {
  return digest.replace(/^(.*sha256:[0-9a-f]{12}).*$/, "$1");
}
