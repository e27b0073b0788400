import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import { locatedShare, locatedText } from "../campaign/localisation.ts";
import { killingRequirements, type MutantOutcome, type MutantVerdict, score } from "../campaign/verdict.ts";
import { kinds } from "../files/mutant.ts";

interface SummaryOptions {
  /** Whether every check was run on each mutant. */
  all: boolean;
  /** Requirements whose checks were run. */
  tried: readonly string[];
  /** The requirements that the campaign was limited to; empty for all. */
  requested: readonly string[];
}

const headings: readonly (readonly [MutantOutcome, string])[] = [
  ["survived", "survived"],
  ["undecided", "undecided: other checks can detect it too, or the run was cut short"],
  ["broke a check", "broke a check, which named no requirement"],
  ["timed out", "detected at a deadline, which names no requirement"],
  ["does not start", "does not start: exit code 3, no requirement is named"],
];

/** What a person reads at the end: the score by kind, the survivors, and which requirements detected nothing. */
export function summary(verdicts: readonly MutantVerdict[], options: SummaryOptions): string {
  const lines = [...scoreTable(verdicts)];
  for (const [outcome, heading] of headings) {
    const own = verdicts.filter((verdict) => verdict.outcome === outcome);
    // With a few checks only, most mutants are expected to be undecided.
    if (own.length === 0 || (outcome === "undecided" && options.requested.length > 0)) continue;
    lines.push("", `${heading}:`);
    for (const { mutant, reason } of own)
      lines.push(`  ${mutant.id}${reason === "" ? "" : `\n      ${firstLine(reason)}`}`);
  }
  lines.push("", ...localisationLines(verdicts));
  lines.push("", ...requirementLines(verdicts, options));
  return lines.join("\n");
}

function* scoreTable(verdicts: readonly MutantVerdict[]): Generator<string> {
  const row = (name: string, own: readonly MutantVerdict[]): string => {
    const count = (...outcomes: readonly MutantOutcome[]): string =>
      String(own.filter(({ outcome }) => outcomes.includes(outcome)).length);
    const share = score(own);
    return [
      name.padEnd(20),
      String(own.length).padStart(7),
      count("killed").padStart(7),
      count("timed out").padStart(9),
      count("survived", "broke a check").padStart(9),
      count("invalid").padStart(8),
      count("does not start").padStart(9),
      count("equivalent").padStart(11),
      (share === undefined ? "–" : `${(share * 100).toFixed(1)} %`).padStart(8),
    ].join(" ");
  };
  yield "kind                 mutants  killed timed out  survived  invalid no start  equivalent    score";
  for (const kind of kinds) {
    const own = verdicts.filter(({ mutant }) => mutant.kind === kind);
    if (own.length > 0) yield row(kind, own);
  }
  yield row("all", verdicts);
}

/** Whether the failures of the killed mutants name the mutated place, by kind, and those that do not. */
function localisationLines(verdicts: readonly MutantVerdict[]): string[] {
  const known = verdicts.filter(({ localisation }) => localisation !== undefined);
  if (known.length === 0) return [];
  const byKind = kinds.flatMap((kind) => {
    const own = known.filter(({ mutant }) => mutant.kind === kind);
    return own.length === 0 ? [] : [`  ${kind.padEnd(20)} ${locatedText(locatedShare(own))}`];
  });
  const missed = known.filter(({ localisation }) => localisation === "elsewhere" || localisation === "nowhere");
  return [
    `a failure names the changed place: ${locatedText(locatedShare(known))}`,
    ...byKind,
    ...missed.map(
      ({ mutant, localisation, killers }) => `  ${localisation}: ${mutant.id} (${killers[0]?.check.id ?? ""})`,
    ),
  ];
}

function requirementLines(verdicts: readonly MutantVerdict[], { all, tried, requested }: SummaryOptions): string[] {
  const kills = new Map<string, number>();
  for (const verdict of verdicts)
    for (const id of killingRequirements(verdict)) kills.set(id, (kills.get(id) ?? 0) + 1);
  const ids = [...loadRequirements().keys()].filter((id) => tried.includes(id));
  const killing = ids.filter((id) => kills.has(id)).map((id) => `${id} ${kills.get(id)}`);
  const withoutKill = ids.filter((id) => !kills.has(id));
  const expected = requested.length === 0 ? [...loadRequirements().keys()] : requested;
  const notRun = expected.filter((id) => !tried.includes(id));
  const counting = all ? "" : " (only the first check to detect a mutant counts: --all runs every check)";
  return [
    `detected by${counting}: ${killing.join(" · ") || "none"}`,
    ...(withoutKill.length > 0 ? [`detected nothing${counting}: ${withoutKill.join(" · ")}`] : []),
    ...(notRun.length > 0
      ? [
          `not run (no check of it passes on the unmodified deployment, or none can detect such a mutant): ${notRun.join(" · ")}`,
        ]
      : []),
  ];
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.slice(0, 200) ?? "";
}
