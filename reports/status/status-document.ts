import type { ConformanceReport } from "../model/conformance-json.ts";
import { answers } from "./open-questions.ts";

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
type Requirement = ConformanceReport["requirements"][number];

function validation(report: ConformanceReport): string[] {
  const suites = [...new Set(report.requirements.map(({ suite }) => suite))];
  return [
    "## Validation to Date",
    ...suites.flatMap((suite) => {
      const own = report.requirements.filter((requirement) => requirement.suite === suite);
      // What a check tells of cases side by side comes in the order in which they end.
      const findings = new Set(own.flatMap(({ checks }) => checks.flatMap((check) => check.findings.toSorted())));
      return [`- **${suiteTitles[suite] ?? suite}**: ${suiteLine(own)}`, ...[...findings].map((text) => `  - ${text}`)];
    }),
    "",
  ];
}

/** A suite in a sentence: how much of it was proved, and what was not, by name. */
function suiteLine(own: readonly Requirement[]): string {
  const of = (outcome: string): string[] => own.filter((one) => one.outcome === outcome).map(({ id }) => id);
  const checks = new Set(own.flatMap((one) => one.checks.map(({ file, name }) => `${file} ${name}`))).size;
  const others = [
    ["failed", "does not hold", "do not hold"],
    ["known-gap", "is a known gap", "are known gaps"],
    ["not-supported", "needs another version", "need another version"],
    ["not-tested", "was not tried", "were not tried"],
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
      const left = own.flatMap(({ failure }) => (failure === null ? [] : [`\`${failure}/\``]));
      const head = `- **${id}** (${outcome.replace("-", " ")}): ${statement}`;
      return [
        `${head}${left.length > 0 ? ` Captured: ${left.join(", ")}.` : ""}`,
        ...quoted(own[0]?.message ?? ""),
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
    ...report.faults.map((fault) => `Mend the suite itself: ${fault}`),
    ...report.staleGaps.map((line) => `Clear a known gap: ${line}`),
    ...report.environmentFailures.map(({ message }) => `Mend the environment and run again: ${message}`),
    ...failed.map((requirement) => `Mend ${stepText(requirement)}`),
    ...advised.map((requirement) => `Consider ${stepText(requirement)}`),
    ...(untested.length > 0 ? [`Prove what this run did not: ${untested.map(({ id }) => id).join(", ")}.`] : []),
  ];
  return [
    "## Immediate Next Steps",
    ...(steps.length > 0 ? steps.map((step, index) => `${index + 1}. ${step}`) : ["None."]),
    "",
  ];
}

/** What to mend, and where to begin. */
function stepText({ id, statement, checks }: Requirement): string {
  const failed = checks.filter(({ outcome }) => outcome === "failed");
  const location = failed.find((check) => check.location !== null)?.location;
  const cause = failed.flatMap(({ message }) => /likely cause: (.*)/.exec(message ?? "")?.[1] ?? [])[0];
  const where = location ? ` Look at \`${location.file}:${location.line}\`.` : "";
  return `${id}: ${statement}${where}${cause === undefined ? "" : ` Likely cause: ${cause.replace(/\.$/, "")}.`}`;
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
