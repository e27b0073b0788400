import type { ConformanceReport } from "./conformance-json.ts";

/** What each suite proves, for the reader of the status document. */
const suiteTitles: Readonly<Record<string, string>> = {
  routes: "Traefik routing",
  catalogue: "MCP catalogue and streams",
  "injected-key": "Injected key",
  prompts: "Agents and chats",
  reach: "Reachability",
};

/** How much of a failure's own words the document quotes: lines, and characters of each. `conformance.json` has all. */
const quotedLines = 24;
const quotedLength = 300;

/** The status document, in the form that was once kept by hand, from the run alone. */
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
  ].join("\n");
}

function environment(report: ConformanceReport): string[] {
  return [
    "## Environment Snapshot",
    `- **Deployment**: \`${report.deployment.folder}\` (${shortDigest(report.deployment.digest)})`,
    `- **Engine**: Docker ${report.engine.version}`,
    ...report.parts
      .filter((part, index, all) => all.findIndex((one) => one.name === part.name) === index)
      .map(
        ({ name, version, origin, source, digest }) =>
          `- **${name}** ${version}: ${origin} from ${source} (${shortDigest(digest)})`,
      ),
    "",
  ];
}

function validation(report: ConformanceReport): string[] {
  const suites = [...new Set(report.requirements.map(({ suite }) => suite))];
  return [
    "## Validation to Date",
    ...suites.flatMap((suite) => {
      const own = report.requirements.filter((requirement) => requirement.suite === suite);
      const count = (outcome: string): number => own.filter((requirement) => requirement.outcome === outcome).length;
      const parts = (["passed", "failed", "known-gap", "not-supported", "not-tested"] as const)
        .filter((outcome) => count(outcome) > 0)
        .map((outcome) => `${count(outcome)} ${outcome.replace("-", " ")}`);
      const findings = new Set(own.flatMap(({ checks }) => checks.flatMap((check) => check.findings)));
      return [
        `- **${suiteTitles[suite] ?? suite}**: of ${own.length} requirements ${parts.join(", ")}.`,
        ...[...findings].map((finding) => `  - ${finding}`),
      ];
    }),
    "",
  ];
}

function gaps(report: ConformanceReport): string[] {
  const found = report.requirements.filter(({ outcome }) => outcome === "failed" || outcome === "known-gap");
  if (found.length === 0) return [];
  return [
    "## Gaps",
    ...found.map(({ id, statement, outcome, checks }) => {
      const message = checks.find((check) => check.outcome === outcome)?.message ?? "";
      return [`- **${id}** (${outcome.replace("-", " ")}): ${statement}`, ...quoted(message)].join("\n");
    }),
    "",
  ];
}

function nextSteps(report: ConformanceReport): string[] {
  const failed = report.requirements.filter(({ outcome, level }) => outcome === "failed" && level.startsWith("MUST"));
  const advised = report.requirements.filter(
    ({ outcome, level }) => outcome === "failed" && level.startsWith("SHOULD"),
  );
  const untested = report.requirements.filter(({ outcome }) => outcome === "not-tested");
  const steps = [
    ...report.faults.map((fault) => `Mend the suite itself: ${fault}`),
    ...report.staleGaps.map((line) => `Clear a known gap: ${line}`),
    ...report.environmentFailures.map(({ message }) => `Mend the environment and run again: ${message}`),
    ...failed.map(({ id, statement }) => `Mend ${id}: ${statement}`),
    ...advised.map(({ id, statement }) => `Consider ${id}: ${statement}`),
    ...(untested.length > 0 ? [`Prove what this run did not: ${untested.map(({ id }) => id).join(", ")}.`] : []),
  ];
  return [
    "## Immediate Next Steps",
    ...(steps.length > 0 ? steps.map((step, index) => `${index + 1}. ${step}`) : ["None."]),
    "",
  ];
}

function quoted(message: string): string[] {
  if (message === "") return [];
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
