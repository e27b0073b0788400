import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { localisationByKind, locatedText } from "../campaign/localisation.ts";
import type { MutantOutcome, MutantVerdict } from "../campaign/verdict.ts";

/** The library's viewer, next to the page. */
const viewer = "mutation-test-elements.js";

/**
 * Writes `index.html`, which opens from disk: what the outcomes mean, and the library's viewer below it.
 *
 * @param json the report in the mutation-testing-elements schema
 * @throws {Error} when the viewer is not the one that this was written for
 */
export function writePage(directory: string, json: string, verdicts: readonly MutantVerdict[]): void {
  const require = createRequire(import.meta.url);
  const script = readFileSync(require.resolve(`mutation-testing-elements/dist/${viewer}`), "utf8");
  writeFileSync(join(directory, viewer), withReadableScores(script));
  writeFileSync(join(directory, "index.html"), page(json, introduction(verdicts)));
}

/** What the page calls each outcome, and what it means. */
const meanings: Readonly<Record<MutantOutcome, readonly [name: string, meaning: string]>> = {
  killed: ["detected", "a check failed, and so named the fault"],
  survived: ["not detected", "every check that can detect it passed: a gap in the suite"],
  undecided: ["undecided", "not every check was run"],
  "timed out": ["timed out", "no check failed, and one waited until its deadline"],
  invalid: ["refused by the loader", "the suite refuses the files before it starts anything, with file and line"],
  "does not start": ["does not start", "a part does not start with these files; the report shows its last log lines"],
  "broke a check": [
    "broke a check",
    "no check failed, and one broke with an error of its own: counted as not detected",
  ],
  equivalent: ["equivalent", "listed as a change that means the same"],
};

/** In the order in which the page counts them. */
const outcomes: readonly MutantOutcome[] = [
  "undecided",
  "survived",
  "broke a check",
  "killed",
  "invalid",
  "does not start",
  "timed out",
  "equivalent",
];

/** The page's first lines: whether the report is complete, how many mutants ended how, and what each end means. */
function introduction(verdicts: readonly MutantVerdict[]): string {
  const count = (outcome: MutantOutcome): number => verdicts.filter((one) => one.outcome === outcome).length;
  const undecided = count("undecided");
  const complete =
    undecided === 0
      ? `All ${verdicts.length} mutants are decided.`
      : `<strong>Incomplete: ${undecided} of ${verdicts.length} mutants are undecided.</strong> The share below says nothing about them.`;
  const rows = outcomes.flatMap((outcome) => {
    const [name, meaning] = meanings[outcome];
    const found = count(outcome);
    return found === 0 ? [] : [`<dt>${found} ${name}</dt><dd>${meaning}</dd>`];
  });
  const located = Object.entries(localisationByKind(verdicts)).flatMap(([kind, share]) =>
    share.known === 0 ? [] : [`<dt>${kind}</dt><dd>${locatedText(share)}</dd>`],
  );
  const places =
    located.length === 0
      ? ""
      : `<h2>Detected mutants whose failures name the changed place</h2><dl>${located.join("")}</dl>`;
  return `<header><h1>Mutation report</h1><p>${complete}</p><dl>${rows.join("")}</dl>${places}</header>`;
}

/** The viewer's colours of a score, with what they are on its dark background: its own have a contrast of 2.3 to 1. */
const scoreColours = [
  { name: "red-700", dark: "#ff9d94" },
  { name: "yellow-600", dark: "#f3c969" },
  { name: "green-700", dark: "#7fdba3" },
] as const;

/** The viewer with scores whose colour the page decides: no style of a page reaches the viewer's own elements. */
function withReadableScores(script: string): string {
  return scoreColours.reduce((text, { name }) => {
    const rule = `.text-${name}{color:var(--color-${name})}`;
    if (!text.includes(rule)) throw new Error(`the viewer of mutation reports has no rule ${rule}`);
    return text.replace(rule, `.text-${name}{color:var(--score-${name},var(--color-${name}))}`);
  }, script);
}

const style = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; max-width: 84rem; margin: 0 auto; padding: 0 1.25rem; background: #fff; color: #1b2430; }
@media (prefers-color-scheme: dark) { body { background: #18181b; color: #e6eaf0; } }
h1 { font-size: 2rem; line-height: 1.15; } h2 { font-size: 1.2rem; } dt { font-weight: 600; } dd { margin: 0; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem .8rem; }
@media (max-width: 52rem) { h1 { font-size: 1.55rem; } dl { grid-template-columns: minmax(0, 1fr); } dd { margin-bottom: .3rem; } }
mutation-test-report-app[theme="dark"] { ${scoreColours.map(({ name, dark }) => `--score-${name}: ${dark};`).join(" ")} }
`;

/** The data is part of the page: a page that is opened from disk may not fetch anything. */
function page(json: string, intro: string): string {
  // Within a script element, `</` would end it.
  const data = json.replaceAll("</", "<\\/");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Mutation report</title>
<style>${style}</style>
<script src="${viewer}"></script>
</head>
<body>
${intro}
<mutation-test-report-app title-postfix="Mutation report">
Your browser does not support custom elements; mutation.json has the same data.
</mutation-test-report-app>
<script>
document.querySelector("mutation-test-report-app").report = ${data};
</script>
</body>
</html>
`;
}
