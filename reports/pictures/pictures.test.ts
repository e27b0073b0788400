import { expect, test } from "vitest";
import type { ComparedCell } from "../../helpers/checks/comparison.ts";
import { checkOf, reportOfChecks, soundRecord } from "../model/report-fixture.ts";
import { picturesOf } from "./pictures.ts";
import { svgFile, wrapped } from "./svg.ts";

const cell = (row: string, column: string, change: Partial<ComparedCell> = {}): ComparedCell => ({
  row,
  column,
  expected: ["refused"],
  found: ["404 from Traefik"],
  cases: 3,
  failed: 0,
  ...change,
});

test("the cells of all checks are one matrix: expected where all hold, found where one does not", () => {
  const [matrix] = picturesOf(
    reportOfChecks([
      checkOf("ROUTE-04", "passed", {
        comparisons: [{ subject: "edge-decisions", cells: [cell("ROUTE-04: refused", "b.lan, no credential")] }],
      }),
      checkOf("ROUTE-03", "failed", {
        comparisons: [
          {
            subject: "edge-decisions",
            cells: [
              cell("ROUTE-03: <looks> public", "a.lan, Bearer key"),
              cell("ROUTE-03: <looks> public", "a.lan, no credential", { found: ["200 from LiteLLM"], failed: 2 }),
            ],
          },
        ],
      }),
    ]),
  );
  expect(matrix?.description).toBe("2 of 9 requests do not end as expected: see ROUTE-03.");
  const svg = matrix === undefined ? "" : svgFile(matrix);
  const shown = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
  expect(shown).toEqual([
    ...["a.lan", "no credential", "a.lan", "Bearer key", "b.lan", "no credential"],
    ...["ROUTE-03: &lt;looks&gt; public", "ROUTE-04: refused"],
    ...["✗ 200 from LiteLLM", "2/3 not refused", "✓ refused", "all 3", "·", "·", "·", "✓ refused", "all 3"],
  ]);
  expect(svg).toContain('role="img" aria-labelledby="edge-decisions-title edge-decisions-description"');
});

test("what a run leaves out is neither green nor counted", () => {
  const leftOut = { expected: ["not run"], found: ["not run; CLIENTS=all adds it"], cases: 1 };
  const [matrix] = picturesOf(
    reportOfChecks([
      checkOf("ROUTE-04", "passed", {
        comparisons: [
          {
            subject: "edge-decisions",
            cells: [
              cell("ROUTE-04: refused", "a.lan, Bearer key"),
              cell("ROUTE-05: refused", "a.lan, Bearer key", leftOut),
            ],
          },
        ],
      }),
    ]),
  );
  expect(matrix?.description).toBe("All 3 requests end as expected.");
  expect(matrix === undefined ? "" : svgFile(matrix)).not.toContain("✓ not run");
});

test("a run without data has no picture of it", () => {
  expect(picturesOf(reportOfChecks([checkOf("ROUTE-01", "passed")])).map(({ name }) => name)).toEqual([]);
});

test("the timeline has builds and boots, then the checks of each suite", () => {
  const startedAt = soundRecord.startedAt;
  const phases = [
    { name: "build litellm", startedAt, milliseconds: 30_000, ok: true },
    { name: "connect to the engine", startedAt, milliseconds: 30, ok: true },
    { name: "start the edge rig", startedAt, milliseconds: 1_000, ok: false },
  ];
  const [timeline] = picturesOf(
    reportOfChecks([checkOf("ROUTE-01", "passed", { endedAt: Date.parse(startedAt) + 40_000, duration: 5_000 })], {
      run: { ...soundRecord, phases },
    }),
  );
  expect(timeline?.table.rows).toEqual([
    ["build litellm", "0.0 s", "30.0 s"],
    ["start the edge rig", "0.0 s", "1.0 s"],
    ["checks of routes", "35.0 s", "40.0 s"],
  ]);
});

test("a long text is cut into lines, and says that it was cut", () => {
  expect(wrapped("one two three four", 9, 2)).toEqual(["one two", "three…"]);
  expect(wrapped("short", 9, 2)).toEqual(["short"]);
});
