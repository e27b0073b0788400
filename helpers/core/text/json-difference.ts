/** How many differences are listed, and how many characters of each value. */
const maxDifferences = 8;
const maxValueLength = 80;

/**
 * The differences between two JSON values, one line per JSON pointer, e.g. `/inputSchema/type: "object" became absent`.
 * The order of a list matters, the order of keys does not.
 *
 * @returns at most eight lines and the number of further ones; empty when the values are equal
 */
export function differences(expected: unknown, found: unknown): string[] {
  const lines: string[] = [];
  compare("", expected, found, lines);
  const more = lines.length - maxDifferences;
  return more > 0 ? [...lines.slice(0, maxDifferences), `… and ${more} more`] : lines;
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
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength)}… (${text.length} characters)`;
}
