/** How many differences are told, and how many characters of each value. */
const toldDifferences = 8;
const toldValue = 80;

/**
 * Where two JSON values differ, one line a place, e.g. `/inputSchema/type: "object" became absent`. The order of keys is
 * no difference; that of a list is.
 *
 * @returns empty when they are equal
 */
export function differences(expected: unknown, found: unknown): string[] {
  const lines: string[] = [];
  compare("", expected, found, lines);
  const more = lines.length - toldDifferences;
  return more > 0 ? [...lines.slice(0, toldDifferences), `… and ${more} more`] : lines;
}

function compare(path: string, expected: unknown, found: unknown, lines: string[]): void {
  if (Object.is(expected, found)) return;
  if (isContainer(expected) && isContainer(found) && Array.isArray(expected) === Array.isArray(found)) {
    const [one, other] = [new Map(Object.entries(expected)), new Map(Object.entries(found))];
    for (const key of new Set([...one.keys(), ...other.keys()])) {
      compare(`${path}/${key}`, one.get(key), other.get(key), lines);
    }
    return;
  }
  lines.push(`${path || "/"}: ${shown(expected)} became ${shown(found)}`);
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function shown(value: unknown): string {
  const text = value === undefined ? "absent" : JSON.stringify(value);
  return text.length <= toldValue ? text : `${text.slice(0, toldValue)}… (${text.length} characters)`;
}
