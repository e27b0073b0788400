import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { CallToolResultSchema, type Tool } from "@modelcontextprotocol/sdk/types.js";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { isInCall } from "../../helpers/deployment/policy/example-call.ts";
import type { UpstreamExample } from "../../helpers/deployment/types.ts";

/** An upstream for which `init` looks for an example. */
export interface AskedUpstream {
  name: string;
  /** The tools that it offers, by their names without prefix. */
  tools: readonly Tool[];
  /** A tool's name in LiteLLM's catalogue. */
  catalogueName(tool: string): string;
}

/** How many tools of an upstream are tried. */
const mostTools = 3;

/**
 * A call whose two results are not errors and have a text in common. All calls together have the time of one MCP request.
 *
 * @param client connected to LiteLLM
 * @param secrets texts that must not get into the policy
 * @returns undefined where no tool of the upstream has such a result, or none in time
 */
export async function findExample(
  client: Client,
  { name, tools, catalogueName }: AskedUpstream,
  secrets: readonly string[],
): Promise<UpstreamExample | undefined> {
  const signal = AbortSignal.timeout(deadlines.mcpRequest);
  for (const tool of toolsToTry(tools)) {
    const first = await resultText(client, catalogueName(tool), signal);
    const second = first === undefined ? undefined : await resultText(client, catalogueName(tool), signal);
    if (first === undefined || second === undefined) continue;
    const contains = stableText([first, second], { upstream: name, tool, secrets });
    if (contains !== undefined) return { tool, arguments: {}, contains };
  }
  return undefined;
}

/** The text of a call's result; undefined for an error, or where no answer comes in time. */
async function resultText(client: Client, name: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const options = { signal, timeout: deadlines.mcpRequest };
    const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: {} }, undefined, options));
    const text = result.content.flatMap((part) => (part.type === "text" ? part.text : [])).join("\n");
    return result.isError === true || saysError.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Servers also report an error in a result that is not marked as one; LiteLLM 1.77.1 drops the mark. */
const saysError =
  /error|exception|fail(?:ed|ure)|denied|unauthori|forbidden|refused|timed? ?out|unable|unreachable|unavailable|cannot|can't|could not|not found|invalid|missing|ENOTFOUND|EAI_AGAIN|ECONN/i;

/** The names of the first three tools that can be called without arguments and, as far as can be seen, change nothing. */
export function toolsToTry(tools: readonly Tool[]): string[] {
  return tools
    .filter((tool) => (tool.inputSchema.required ?? []).length === 0 && isReadOnly(tool))
    .slice(0, mostTools)
    .map(({ name }) => name);
}

/** A tool's own annotations say whether it only reads. Where it has none, its name decides. */
function isReadOnly({ name, annotations = {} }: Tool): boolean {
  const { title: _, ...hints } = annotations;
  if (Object.keys(hints).length > 0) return annotations.readOnlyHint === true;
  const words = name
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_")
    .replaceAll("-", "_")
    .toLowerCase();
  return (begins.test(words) && !joins.test(words)) || isState.test(words);
}

/** `get_teams`, `list_jobs`, but not `get_or_create_team`. */
const begins = /^(?:describe|get|list|read|show)(?:_|$)/;
const joins = /_(?:and|or)_/;
/** `ping`, `server_version`, `health_check`, but not `set_status` or `reset_health`. */
const isState = /^(?:(?:api|check|server|service|system)_)?(?:health|ping|status|version)(?:_(?:check|info))?$/;

/** The shortest text that proves a result, and how much of a longer one is taken, in characters. */
const [shortest, longest] = [8, 60];

/**
 * The first text of at least 8 characters that is in two results of the same call and is likely to be in each further one. It is a
 * line, or the part of a line between characters that clients or formats escape; digits separate too, because a number may be a
 * count, a time or an id.
 *
 * @returns undefined where the results have no such text in common
 */
export function stableText(
  [first, second]: readonly [string, string],
  { upstream, tool, secrets }: { upstream: string; tool: string; secrets: readonly string[] },
): string | undefined {
  return first
    .split(/[\r\n]+/)
    .filter((line) => !/canary/i.test(line) && !secrets.some((secret) => secret !== "" && line.includes(secret)))
    .flatMap((line) => line.split(separators))
    .map((part) => withoutEnds(withoutEnds(part).slice(0, longest)))
    .find(
      (part) =>
        part.length >= shortest &&
        second.includes(part) &&
        !isTime.test(part) &&
        !isInCall(upstream, { tool, arguments: {}, contains: part }),
    );
}

/** What JSON, Python or HTML escapes, what is not ASCII, and digits. */
const separators = /[^ !#$%()*+,\-./:;=?@A-Z[\]^_a-z{|}~]+/;

/** A name of a day or month, or a word next to a time. */
const isTime =
  /\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tue|wed|thu|fri|sat|sun)|(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)|ago|am|pm|gmt|utc|time|uptime|seconds?|minutes?|hours?|days?|today)\b/i;

/** A text from its first to its last letter. */
function withoutEnds(text: string): string {
  return text.replace(/^[^A-Za-z]+/, "").replace(/[^A-Za-z]+$/, "");
}
