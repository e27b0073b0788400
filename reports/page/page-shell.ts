import { pictureStyle } from "../pictures/svg.ts";
import { escapeHtml } from "../status/markdown.ts";

/** Colours and sizes of every page: light and dark, wide and narrow. Contrast is at least 4.5 to 1 for each text. */
const style = `
:root { color-scheme: light dark;
  --page: #fff; --panel: #f6f7f9; --line: #d5dae1; --text: #1b2430; --dim: #55606e; --link: #0b57b0;
  --passed: #14683a; --passed-back: #dff3e6; --failed: #a91b12; --failed-back: #fde4e1; --gap: #7a4d00; --gap-back: #fdf0cf;
  --unsupported: #46527a; --unsupported-back: #e6e9f5; --untested: #55606e; --untested-back: #fff; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12161c; --panel: #1a2029; --line: #394352; --text: #e6eaf0; --dim: #a7b1bf; --link: #7db7ff;
  --passed: #7fdba3; --passed-back: #14331f; --failed: #ff9d94; --failed-back: #43191a; --gap: #f3c969; --gap-back: #3b2d0a;
  --unsupported: #b3c0ee; --unsupported-back: #262d45; --untested: #a7b1bf; --untested-back: #12161c; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: break-word; }
main, header, footer { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: var(--link); } a:hover { text-decoration-thickness: 2px; } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
h1 { font-size: 2rem; line-height: 1.15; margin: 0; letter-spacing: -.01em; } h2 { font-size: 1.3rem; margin: 2.2rem 0 .6rem; } h3 { font-size: 1rem; margin: 1.1rem 0 .3rem; }
code { font: .89em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; } .place { white-space: normal; }
pre { overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; font: .82rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.dim { color: var(--dim); } .small { font-size: .87rem; }
.visually-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.verdict { display: flex; flex-wrap: wrap; gap: .4rem 2rem; align-items: end; padding: 1.3rem 0 .9rem; border-bottom: 4px solid; margin-bottom: .8rem; }
.verdict.conformant { border-color: var(--passed); } .verdict.conformant h1 { color: var(--passed); }
.verdict.not-conformant { border-color: var(--failed); } .verdict.not-conformant h1 { color: var(--failed); }
.verdict.environment-failed, .verdict.nothing-selected { border-color: var(--gap); } .verdict.environment-failed h1, .verdict.nothing-selected h1 { color: var(--gap); }
.verdict p { margin: .25rem 0 0; }
.scores { display: flex; gap: 1.8rem; margin: 0 0 0 auto; } .scores div { min-width: 6.5rem; } .scores dt { font-size: .82rem; color: var(--dim); } .scores dd { margin: 0; } .scores b { font-size: 1.5rem; }
.notice { border-left: 4px solid var(--gap); background: var(--gap-back); color: var(--text); padding: .5rem .9rem; margin: .8rem 0; border-radius: 0 6px 6px 0; }
.notice.bad { border-color: var(--failed); background: var(--failed-back); }
.overview { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0 2.4rem; } .overview h2 { margin-top: .9rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: .2rem 0; }
.tiles { list-style: none; padding: 0; margin: .25rem 0 .5rem; display: flex; flex-wrap: wrap; gap: 4px; }
.tiles a { display: block; min-width: 3.1rem; text-align: center; padding: .18rem .3rem; border: 1px solid; border-radius: 5px; text-decoration: none; font-variant-numeric: tabular-nums; font-size: .86rem; }
.tiles a:hover { text-decoration: underline; }
.passed { color: var(--passed); background: var(--passed-back); } .failed { color: var(--failed); background: var(--failed-back); } .known-gap { color: var(--gap); background: var(--gap-back); }
.not-supported { color: var(--unsupported); background: var(--unsupported-back); } .not-tested { color: var(--untested); background: var(--untested-back); border-style: dashed !important; }
.badge { display: inline-block; padding: .02rem .45rem; border: 1px solid; border-radius: 5px; font-size: .82rem; white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem .6rem; padding: 0; margin: .2rem 0; list-style: none; }
.first { padding-left: 1.6rem; margin: .2rem 0; } .first li { margin: .4rem 0; } .first .dim { display: block; }
.card { border: 1px solid var(--line); border-left: 4px solid var(--failed); border-radius: 6px; padding: .1rem 1rem .8rem; margin: .9rem 0; } .card.quiet { border-left-color: var(--line); }
dl.facts { display: grid; grid-template-columns: 7.2rem minmax(0, 1fr); gap: .15rem .8rem; margin: .35rem 0; } dl.facts dt { color: var(--dim); } dl.facts dd { margin: 0; white-space: pre-wrap; }
.check { border-top: 1px solid var(--line); padding-top: .5rem; margin-top: .7rem; } .check:first-of-type { border-top: 0; padding-top: 0; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .38rem .6rem .38rem 0; border-bottom: 1px solid var(--line); } th { font-weight: 600; color: var(--dim); font-size: .86rem; }
details { margin: .35rem 0; } summary { cursor: pointer; }
figure { margin: 1.1rem 0 1.6rem; } figcaption { margin-bottom: .4rem; } figure svg { display: block; max-width: none; }
footer { padding: 2rem 1.25rem 3rem; color: var(--dim); font-size: .87rem; }
@media (max-width: 52rem) {
  body { font-size: 16px; } main, header, footer { padding-left: .9rem; padding-right: .9rem; } h1 { font-size: 1.55rem; }
  .overview { grid-template-columns: minmax(0, 1fr); } .scores { margin-left: 0; gap: 1.2rem; } dl.facts { grid-template-columns: minmax(0, 1fr); } dl.facts dt { margin-top: .3rem; }
  .scroll table { min-width: 34rem; } .tiles a { min-width: 3.4rem; padding: .35rem .3rem; }
}
@media print { .scroll { overflow: visible; } details > *:not(summary) { display: revert; } }
`;

/** Where a page that is published has its link to the other runs. */
export const navigationMark = "<!-- other runs -->";

/** A whole page that needs no script and loads nothing. */
export function pageOf(title: string, content: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${style}${pictureStyle}</style>
</head>
<body>
${content.join("\n")}
</body>
</html>
`;
}
