/**
 * What a program wrote, without the places in its code: the frames of Python's tracebacks, and those of Node.js with the properties of
 * the error that follow them.
 */
export function withoutStack(text: string): string {
  const kept: string[] = [];
  let inside: "traceback" | "properties" | undefined;
  for (const line of text.trim().split("\n")) {
    if (inside === "traceback" && !/^\s/.test(line)) inside = undefined;
    if (line === "Traceback (most recent call last):") inside = "traceback";
    else if (inside === "properties") inside = line === "}" ? undefined : inside;
    else if (/^\s+at .*[:)](?:\d+\)?)?(?: \{)?$/.test(line)) inside = line.endsWith(" {") ? "properties" : undefined;
    else if (inside === undefined) kept.push(line);
  }
  return kept.join("\n");
}
