import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import { killingRequirements, type MutantVerdict, score } from "../campaign/verdict.ts";
import { kinds } from "../files/mutant.ts";

interface SummaryOptions {
  /** Whether every check was heard. */
  all: boolean;
  /** Requirements whose checks were heard. */
  tried: readonly string[];
  /** The requirements that were asked for alone; none for all. */
  asked: readonly string[];
}

/** What a person reads at the end: the score by kind, who slipped through, and which requirements noticed nothing. */
export function summary(verdicts: readonly MutantVerdict[], options: SummaryOptions): string {
  const lines = [...scoreTable(verdicts)];
  for (const [fate, heading] of [
    ["survived", "slipped through"],
    ["undecided", "not decided: others can see it too, or the run was cut short"],
    ["broke a check", "broke a check, which named no requirement"],
    ["timed out", "noticed at a deadline, which names no requirement"],
    ["does not start", "did not start: exit code 3, no requirement is named"],
  ] as const) {
    const own = verdicts.filter((verdict) => verdict.fate === fate);
    // Few checks are expected to leave most undecided.
    if (own.length === 0 || (fate === "undecided" && options.asked.length > 0)) continue;
    lines.push("", `${heading}:`);
    for (const { mutant, reason } of own)
      lines.push(`  ${mutant.id}${reason === "" ? "" : `\n      ${firstLine(reason)}`}`);
  }
  lines.push("", ...requirementLines(verdicts, options));
  return lines.join("\n");
}

function* scoreTable(verdicts: readonly MutantVerdict[]): Generator<string> {
  const row = (name: string, own: readonly MutantVerdict[]): string => {
    const count = (...fates: readonly string[]): string =>
      String(own.filter(({ fate }) => fates.includes(fate)).length);
    const part = score(own);
    return [
      name.padEnd(20),
      String(own.length).padStart(7),
      count("killed").padStart(7),
      count("timed out").padStart(9),
      count("survived", "broke a check").padStart(9),
      count("invalid").padStart(8),
      count("does not start").padStart(9),
      count("equivalent").padStart(11),
      (part === undefined ? "–" : `${(part * 100).toFixed(1)} %`).padStart(8),
    ].join(" ");
  };
  yield "kind                 mutants  killed timed out  survived  invalid no start  equivalent    score";
  for (const kind of kinds) {
    const own = verdicts.filter(({ mutant }) => mutant.kind === kind);
    if (own.length > 0) yield row(kind, own);
  }
  yield row("all", verdicts);
}

function requirementLines(verdicts: readonly MutantVerdict[], { all, tried, asked }: SummaryOptions): string[] {
  const kills = new Map<string, number>();
  for (const verdict of verdicts)
    for (const id of killingRequirements(verdict)) kills.set(id, (kills.get(id) ?? 0) + 1);
  const ids = [...loadRequirements().keys()].filter((id) => tried.includes(id));
  const told = ids.filter((id) => kills.has(id)).map((id) => `${id} ${kills.get(id)}`);
  const silent = ids.filter((id) => !kills.has(id));
  const wanted = asked.length === 0 ? [...loadRequirements().keys()] : asked;
  const unheard = wanted.filter((id) => !tried.includes(id));
  const first = all ? "" : " (the first to notice counts: --all hears every check)";
  return [
    `noticed by${first}: ${told.join(" · ") || "nothing"}`,
    ...(silent.length > 0 ? [`noticed nothing${first}: ${silent.join(" · ")}`] : []),
    ...(unheard.length > 0
      ? [
          `not heard (no check passes on the deployment as it is, or none can see what was broken): ${unheard.join(" · ")}`,
        ]
      : []),
  ];
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.slice(0, 200) ?? "";
}
