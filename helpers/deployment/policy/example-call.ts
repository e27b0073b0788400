import type { UpstreamExample } from "./types.ts";

/**
 * Whether the text that proves the result of an example is in the call itself: in the tool's name, which has the upstream's name as
 * its prefix in the catalogue (with LiteLLM's separators), or in the arguments. An error that repeats the call would contain the text too.
 */
export function isInCall(upstream: string, { tool, arguments: given, contains }: UpstreamExample): boolean {
  const json = JSON.stringify(given);
  // A text argument has escapes in the JSON.
  const escaped = JSON.stringify(contains).slice(1, -1);
  return (
    [`${upstream}-${tool}`, `${upstream}_${tool}`].some((name) => name.includes(contains)) ||
    json.includes(contains) ||
    json.includes(escaped)
  );
}
