/** One cell of the permission matrix as plain data. */
export interface MatrixCell {
  identity: string;
  way: string;
  server: string;
  /** Names of tools without prefix. */
  expected: readonly string[];
  found: readonly string[];
}

/**
 * The permission matrix as text: a table for each way, an identity in each row, a server in each column. A cell has the
 * number of tools; `2, expected 0` where they differ.
 */
export function matrixText(cells: readonly MatrixCell[]): string {
  const ways = [...new Set(cells.map(({ way }) => way))];
  return ways.map((way) => `${way}\n${tableOf(cells.filter((cell) => cell.way === way))}\n`).join("\n");
}

function tableOf(cells: readonly MatrixCell[]): string {
  const servers = [...new Set(cells.map(({ server }) => server))];
  const identities = [...new Set(cells.map(({ identity }) => identity))];
  const rows = identities.map((identity) => [
    identity,
    ...servers.map((server) => cellText(cells.find((cell) => cell.identity === identity && cell.server === server))),
  ]);
  const table = [["", ...servers], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cellText(cell: MatrixCell | undefined): string {
  if (cell === undefined) return "";
  const { expected, found } = cell;
  const isSame = expected.length === found.length && expected.every((name) => found.includes(name));
  return isSame ? String(found.length) : `${found.length}, expected ${expected.length}`;
}
