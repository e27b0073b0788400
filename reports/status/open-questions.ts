import { gapText, messageOf } from "../model/check-result.ts";
import type { ConformanceReport, ReportedCheck, ReportedRequirement } from "../model/conformance-report.ts";

/** A question that a run's evidence answers. */
interface OpenQuestion {
  question: string;
  /** Section of the hand-written document that left it open. */
  source: string;
  /** Ids of the requirements that prove the answer. */
  requirements: readonly string[];
  /** The answer where all of them hold. */
  holds: string;
  /** The answer where one of them does not. */
  fails: string;
}

/** What the hand-written status document that this suite replaced had left open, point by point. */
const openQuestions: readonly OpenQuestion[] = [
  {
    question: "Who gets through Traefik without a key?",
    source: "Traefik routing",
    requirements: ["ROUTE-01", "ROUTE-02", "ROUTE-03", "ROUTE-04", "ROUTE-05", "ROUTE-16", "ROUTE-17"],
    holds: "Only requests for public paths.",
    fails: "Other requests than the policy allows, or not all that it allows.",
  },
  {
    question: "Why does `/mcp/tools` only ping, and is a tool catalogue missing?",
    source: "LAN access (SSE); next step 2, SSE payload check",
    requirements: ["CAT-07", "CAT-06", "CAT-02"],
    holds: "Nothing is missing: the catalogue never travels on that stream.",
    fails: "The stream or the catalogue does not work as it should.",
  },
  {
    question: "What does the status poll's HTTP 400 say?",
    source: "LiteLLM logs",
    requirements: ["INJ-08", "INJ-01", "INJ-07"],
    holds:
      "That LiteLLM did not accept the injected key: without a database, that is its answer to every key but an admin's. It does not say that no job is queued.",
    fails: "The answer to the poll is not what it should be.",
  },
  {
    question: "Can a scoped key replace the master key in the labels?",
    source: "addendum",
    requirements: ["INJ-03", "INJ-04", "INJ-02"],
    holds: "Yes: the key that is injected opens its one route and nothing else.",
    fails:
      "It should, and does not yet: the injected key has more rights than its route needs. deployments/reference shows how to make a scoped key without a database (`general_settings.custom_auth`).",
  },
  {
    question: "Should MCP users have scoped keys instead of the master key?",
    source: "outstanding questions",
    requirements: ["CAT-16", "CAT-10"],
    holds: "Yes, they can: a scoped key sees and calls only what it is granted.",
    fails: "Not with this deployment as it is configured.",
  },
  {
    question: "Does the Codex CLI work, and what does it say to 'List my PostgreSQL databases'?",
    source: "next step 1, Codex CLI validation",
    requirements: ["PROMPT-01", "PROMPT-02", "PROMPT-03"],
    holds: "It works: its tool calls reach the database, and its answer comes from there.",
    fails: "It does not do what the prompt asks for.",
  },
  {
    question: "What does Open WebUI lack?",
    source: "Open WebUI; next step 5",
    requirements: ["PROMPT-07", "PROMPT-06"],
    holds: "Its request names no tools: a plain chat is a plain chat, and LiteLLM serves it as one.",
    fails: "The chat itself does not work.",
  },
  {
    question: "Who executes the tool calls that a model returns?",
    source: "next step 5, execution layer",
    requirements: ["PROMPT-08"],
    holds: "The gateway itself, through `/v1/responses`: no middleware has to be written.",
    fails: "Not the gateway, as it is configured.",
  },
  {
    question: "Which ports does the LAN need, and does it get them?",
    source: "next step 4, firewall note",
    requirements: ["REACH-01", "REACH-02", "REACH-06"],
    holds: "80 and 4000, by name; it reaches them, and no other.",
    fails: "What the LAN reaches is not what the policy says.",
  },
  {
    question: "Are the postgres and filesystem paths validated, so that more upstreams can follow?",
    source: "outstanding questions",
    requirements: ["CAT-02", "CAT-03", "CAT-04", "CAT-14", "CAT-15"],
    holds: "Yes.",
    fails: "Not all of them.",
  },
];

/** The run's answer to each question, with what proves it, as lines of Markdown. */
export function answers(report: ConformanceReport): string[] {
  return openQuestions.flatMap((question) => {
    const proofs = question.requirements.flatMap((id) => report.requirements.find((one) => one.id === id) ?? []);
    return [
      `- **${question.question}** (${question.source})  `,
      `  ${answerTo(question, proofs)}`,
      ...proofs.filter(({ outcome }) => outcome !== "not-tested").map((requirement) => `  - ${proof(requirement)}`),
    ];
  });
}

function answerTo({ holds, fails }: OpenQuestion, proofs: readonly ReportedRequirement[]): string {
  const of = (outcome: string): string[] => proofs.filter((one) => one.outcome === outcome).map(({ id }) => id);
  const [failed, gaps, unsupported, open] = [of("failed"), of("known-gap"), of("not-supported"), of("not-tested")];
  const rest = open.length > 0 ? ` Still open: ${open.join(", ")}.` : "";
  if (open.length === proofs.length) return `Not answered by this run: it did not test ${open.join(", ")}.`;
  if (failed.length > 0) return `**Problem found.** ${fails} See ${failed.join(", ")}.${rest}`;
  if (gaps.length > 0) return `**Not yet.** ${fails} Known gaps: ${gaps.join(", ")}.${rest}`;
  if (unsupported.length > 0) return `**Not with these versions**: ${unsupported.join(", ")}.${rest}`;
  return open.length > 0 ? `**So far**: ${holds}${rest}` : `**Answered.** ${holds}`;
}

/** What proves a requirement's outcome: findings where it holds, the failure or the reason where it does not. */
function proof({ id, outcome, statement, checks }: ReportedRequirement): string {
  const findings = [...new Set(checks.flatMap((check) => check.findings))];
  const decisive = checks.find((check) => check.outcome === outcome && messageOf(check) !== undefined);
  const text =
    outcome === "passed"
      ? (findings.length > 0 ? findings : [statement]).join(" ")
      : decisive === undefined
        ? statement
        : withCause(decisive);
  const evidence = decisive?.failureFolder ?? checks.flatMap((check) => check.evidence)[0];
  return `${id} ${outcome.replace("-", " ")}: ${text}${/[.!?…]$/.test(text) ? "" : "."}${evidence === undefined ? "" : ` Evidence: \`${evidence}\`.`}`;
}

/** Why a check did not pass, in one line, with the likely cause of its failure. */
function withCause({ failure, gap, ownFault, reason }: ReportedCheck): string {
  const why = gap === null ? (failure?.summary ?? ownFault?.message ?? reason ?? "") : gapText(gap);
  const cause = [...(failure === null ? [] : [failure, ...failure.cases])].find((one) => one.cause !== null)?.cause;
  return `${why.split("\n")[0]}${cause ? `; likely cause: ${cause}` : ""}`;
}
