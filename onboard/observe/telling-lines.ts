/** How many lines are shown besides the last ones. */
const mostBefore = 3;

/**
 * The last lines of a log, behind the first ones before them that say what went wrong: a program that prints how it is used after
 * its error would hide it.
 */
export function tellingLines(log: readonly string[], most: number): string[] {
  const says = (line: string): boolean => /^\s*(?:\[?(?:error|fatal|panic)\b|\w+(?:Error|Exception): )/i.test(line);
  return [...log.slice(0, -most).filter(says).slice(0, mostBefore), ...log.slice(-most)];
}
