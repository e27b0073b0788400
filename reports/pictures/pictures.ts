import type { ComparedCell, ComparisonSubject } from "../../helpers/checks/comparison.ts";
import { comparisonSubjects } from "../../helpers/checks/comparison.ts";
import { type ConformanceReport, checksOf } from "../model/conformance-report.ts";
import { type MatrixCaption, matrixPicture } from "./matrix-picture.ts";
import type { Picture } from "./svg.ts";
import { timelinePicture } from "./timeline-picture.ts";

const captions: Readonly<Record<ComparisonSubject, Omit<MatrixCaption, "name" | "rows" | "columns">>> = {
  "edge-decisions": {
    title: "Decisions at the edge: what is tried, by host and credential",
    axes: { row: "what is tried", column: "host and credential" },
    unit: "request",
  },
  permissions: {
    title: "Permissions: who is shown and may call which tool",
    axes: { row: "server and tool", column: "identity" },
    unit: "request",
  },
  catalogue: {
    title: "Catalogue: each tool as each way of listing offers it",
    axes: { row: "tool", column: "way" },
    unit: "comparison",
  },
  clients: {
    title: "Clients: what each does in each situation",
    axes: { row: "client", column: "situation" },
    unit: "run",
  },
  logins: {
    title: "Logins: how far each MCP client gets by OAuth",
    axes: { row: "client", column: "registration" },
    unit: "login",
  },
  reachability: {
    title: "Reachability: who connects to whom",
    axes: { row: "from", column: "to" },
    unit: "connection",
  },
};

/** The pictures that a run has data for. */
export function picturesOf(report: ConformanceReport): Picture[] {
  const comparisons = checksOf(report).flatMap((check) => check.comparisons);
  const matrices = comparisonSubjects.flatMap((name) => {
    const cells = merged(comparisons.flatMap((one) => (one.subject === name ? one.cells : [])));
    if (cells.length === 0) return [];
    const rows = [...new Set(cells.map(({ row }) => row))].toSorted(compare);
    const columns = [...new Set(cells.map(({ column }) => column))].toSorted(compare);
    return [matrixPicture(cells, { name, rows, columns, ...captions[name] })];
  });
  const timeline = timelinePicture(report);
  return [...matrices, ...(timeline === undefined ? [] : [timeline])];
}

/** Cells of several checks at one place are one cell. */
function merged(cells: readonly ComparedCell[]): ComparedCell[] {
  const places = Map.groupBy(cells, ({ row, column }) => JSON.stringify([row, column]));
  return [...places.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const wrongFirst = own.toSorted((a, b) => b.failed - a.failed);
    return {
      ...first,
      expected: [...new Set(own.flatMap(({ expected }) => expected))],
      found: [...new Set(wrongFirst.flatMap(({ found }) => found))],
      cases: own.reduce((sum, { cases }) => sum + cases, 0),
      failed: own.reduce((sum, { failed }) => sum + failed, 0),
    };
  });
}

/** The order in which a reader looks for columns: by host, then no credential before a key. Others by name. */
function compare(one: string, other: string): number {
  const key = (text: string): string => text.replace(/, no credential$/, ", 1").replace(/, Bearer key$/, ", 2");
  return key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0;
}
