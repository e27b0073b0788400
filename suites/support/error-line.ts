/** Where Node was when it threw. */
const stackLine = /^\s*at .*:\d+:\d+\)?(?: \{)?$/;

/**
 * The last line of a client's output that contains a word for an error and is not a place in the code, else its last line; cut to
 * 300 characters.
 */
export function errorLine(...texts: readonly string[]): string | undefined {
  const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line.trim() !== "");
  const line =
    lines.findLast((one) => !stackLine.test(one) && /error|refused|failed|unauthori[sz]ed|exception/i.test(one)) ??
    lines.at(-1);
  return line?.replace(/^[\s|+-]+/, "").slice(0, 300);
}
