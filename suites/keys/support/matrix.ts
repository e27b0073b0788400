import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import type { Evidence } from "../../runner/evidence.ts";
import type { Identity } from "./identities.ts";
import { type MatrixCell, matrixText } from "./matrix-text.ts";

/** One cell of the permission matrix: what of a server's tools an identity has by one way. */
export interface Cell {
  identity: Identity;
  way: string;
  server: string;
  /** The tools of the server that were tried, by their names without prefix. */
  tried: readonly string[];
  /** Of those, the ones that the identity is granted. */
  expected: readonly string[];
  /** Of those, the ones that it was shown, or could call. */
  found: readonly string[];
  /** The answer, or the first that shows a difference. */
  exchange: Exchange;
}

/** What is tried in a matrix: `listed` or `callable`. */
export type Right = "listed" | "callable";

/** Keeps the matrix as a file, and adds it to the report's picture. docs/reports.md describes the file. */
export async function keepMatrix(cells: readonly Cell[], right: Right, evidence: Evidence): Promise<void> {
  const plain = cells.map((cell) => ({ ...plainCell(cell), right, tried: cell.tried }));
  await evidence.keep("permission-matrix.json", JSON.stringify(plain, null, 2));
  for (const { identity, server, tried, expected, found } of cells)
    for (const tool of tried) {
      const has = found.includes(tool);
      const granted = expected.includes(tool);
      evidence.compare("permissions", {
        row: `${server}: ${tool}`,
        column: identity.name,
        expected: granted ? "granted" : "not granted",
        found: has === granted ? (has ? "granted" : "not granted") : has ? right : `not ${right}`,
        holds: has === granted,
      });
    }
}

/** Runs the judgement of the cells, and adds the tables of the ways in which one differs to its failure. */
export async function withMatrix(cells: readonly Cell[], judge: () => Promise<void>): Promise<void> {
  try {
    await judge();
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    const plain = cells.map(plainCell);
    const wrong = new Set(plain.filter((one) => !isSame(one)).map(({ way }) => way));
    const tables = matrixText(plain.filter(({ way }) => wrong.has(way))).trimEnd();
    throw new CheckFailure({
      ...error.details,
      summary: tables === "" ? error.details.summary : `${error.details.summary}\nNumber of tools, by way:\n${tables}`,
    });
  }
}

function plainCell({ identity, way, server, expected, found }: Cell): MatrixCell {
  return { identity: identity.name, way, server, expected, found };
}

function isSame({ expected, found }: MatrixCell): boolean {
  return expected.length === found.length && expected.every((name) => found.includes(name));
}
