import type { ConformanceReport } from "../model/conformance-json.ts";

/** A question that a run answers by evidence. */
interface OpenQuestion {
  question: string;
  /** Where it was left open. */
  source: string;
  /** What proves the answer. All of them: the answer is yes. */
  requirements: readonly string[];
  /** What follows where they hold, and where they do not. */
  holds: string;
  fails: string;
}

/** What the status document that the suite began with had left open, point by point. */
const openQuestions: readonly OpenQuestion[] = [
  {
    question: "Who gets through Traefik without a key?",
    source: "Traefik routing",
    requirements: ["ROUTE-01", "ROUTE-02", "ROUTE-03", "ROUTE-04", "ROUTE-05", "ROUTE-16", "ROUTE-17"],
    holds: "Whoever asks for a public path, and nobody else.",
    fails: "Not just who is meant to.",
  },
  {
    question: "Why does `/mcp/tools` only ping, and is a tool catalogue missing?",
    source: "LAN access (SSE); next step 2, SSE payload check",
    requirements: ["CAT-07", "CAT-06", "CAT-02"],
    holds: "Nothing is missing: the catalogue never travels on that stream.",
    fails: "The stream and the catalogue are not as they should be.",
  },
  {
    question: "What does the status poll's HTTP 400 say?",
    source: "LiteLLM logs",
    requirements: ["INJ-08", "INJ-01", "INJ-07"],
    holds:
      "That LiteLLM did not accept the injected key: without a database it answers any key but an admin's so. It does not say that no job is queued.",
    fails: "What the poll is answered is not what it should be.",
  },
  {
    question: "Can a scoped key take the place of the master key in the labels?",
    source: "addendum",
    requirements: ["INJ-03", "INJ-04", "INJ-02"],
    holds: "Yes: the key that is injected opens its one route and nothing else.",
    fails:
      "It should, and has not: what is injected here is more than its route needs. deployments/reference shows how a scoped key is made without a database (`general_settings.custom_auth`).",
  },
  {
    question: "Should MCP users have scoped keys instead of the master key?",
    source: "outstanding questions",
    requirements: ["CAT-16", "CAT-10"],
    holds: "Yes, they can: a scoped key sees and calls only what it is granted.",
    fails: "Not with this deployment as it is.",
  },
  {
    question: "Does the Codex CLI work, and what does it say to 'List my PostgreSQL databases'?",
    source: "next step 1, Codex CLI validation",
    requirements: ["PROMPT-01", "PROMPT-02", "PROMPT-03"],
    holds: "It works: its tool calls reach the database, and its answer comes from there.",
    fails: "It does not do what was asked of it.",
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
    holds: "The gateway itself, asked by way of `/v1/responses`: no middleware has to be written.",
    fails: "Not the gateway, as it stands.",
  },
  {
    question: "Which ports does the LAN need, and does it get them?",
    source: "next step 4, firewall note",
    requirements: ["REACH-01", "REACH-02", "REACH-06"],
    holds: "80 and 4000, by name; it gets them, and no other.",
    fails: "What the LAN reaches is not what the policy says.",
  },
  {
    question: "Are the postgres and filesystem paths validated, so that more upstreams can follow?",
    source: "outstanding questions",
    requirements: ["CAT-02", "CAT-03", "CAT-04", "CAT-14", "CAT-15"],
    holds: "They are.",
    fails: "Not in full.",
  },
];

type Requirement = ConformanceReport["requirements"][number];

/** The answers of a run, question by question, each with what proves it. */
export function answers(report: ConformanceReport): string[] {
  return openQuestions.flatMap((question) => {
    const asked = question.requirements.flatMap((id) => report.requirements.find((one) => one.id === id) ?? []);
    return [
      `- **${question.question}** (${question.source})  `,
      `  ${verdict(question, asked)}`,
      ...asked.filter(({ outcome }) => outcome !== "not-tested").map((requirement) => `  - ${proof(requirement)}`),
    ];
  });
}

function verdict({ holds, fails }: OpenQuestion, asked: readonly Requirement[]): string {
  const of = (outcome: string): string[] => asked.filter((one) => one.outcome === outcome).map(({ id }) => id);
  const [failed, gaps, lacking, open] = [of("failed"), of("known-gap"), of("not-supported"), of("not-tested")];
  const rest = open.length > 0 ? ` Still open: ${open.join(", ")}.` : "";
  if (open.length === asked.length) return `Not answered by this run: it did not try ${open.join(", ")}.`;
  if (failed.length > 0) return `**Found wanting.** ${fails} See ${failed.join(", ")}.${rest}`;
  if (gaps.length > 0) return `**Not yet.** ${fails} Known: ${gaps.join(", ")}.${rest}`;
  if (lacking.length > 0) return `**Not with these versions**: ${lacking.join(", ")}.${rest}`;
  return open.length > 0 ? `**So far**: ${holds}${rest}` : `**Answered.** ${holds}`;
}

/** The requirement's own words: findings where it holds, the first line of the failure where it does not. */
function proof({ id, outcome, statement, checks }: Requirement): string {
  const findings = [...new Set(checks.flatMap((check) => check.findings))];
  const told = checks.find((check) => check.outcome === outcome && check.message !== null);
  const cause = /likely cause: (.*)/.exec(told?.message ?? "")?.[1];
  const reason = told?.message?.split("\n")[0];
  const words =
    outcome === "passed"
      ? (findings.length > 0 ? findings : [statement]).join(" ")
      : `${reason ?? statement}${cause === undefined ? "" : `; likely cause: ${cause}`}`;
  const evidence = told?.failure ?? checks.flatMap((check) => check.evidence)[0];
  return `${id} ${outcome.replace("-", " ")}: ${words}${/[.!?…]$/.test(words) ? "" : "."}${evidence === undefined ? "" : ` Evidence: \`${evidence}\`.`}`;
}
