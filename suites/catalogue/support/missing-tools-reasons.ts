/** Why tools are missing from a listing, in words. */
export interface MissingToolsReason {
  cause: string;
  /** The last lines of LiteLLM's log that name the servers. */
  log: readonly string[];
}

/**
 * The cause from how the servers answer, from LiteLLM's log, and from the outcomes in its listing.
 *
 * @param known `answers` of the servers to LiteLLM's container, one a line; `started`: the servers that LiteLLM starts itself
 */
export function causeFrom(
  servers: readonly string[],
  log: string,
  outcomes: ReadonlyMap<string, string>,
  { answers = "", started = new Set() }: { answers?: string; started?: ReadonlySet<string> } = {},
): MissingToolsReason {
  const lines = log
    .split("\n")
    .filter((line) => servers.some((name) => line.includes(name)) && /error|fail|warn|timeout|will not/i.test(line));
  const outcome = servers.flatMap((name) => causeOfOutcome(outcomes.get(name) ?? "", started.has(name)) ?? [])[0];
  const cause =
    answerCauses.find(([pattern]) => pattern.test(answers))?.[1] ??
    lineCauses.find(([pattern]) => pattern.test(lines.join("\n")))?.[1] ??
    outcome ??
    logCauses.find(([pattern]) => pattern.test(log))?.[1] ??
    "LiteLLM could not start it, or it did not answer in time";
  return { cause: `no tool of ${servers.join(" and ")} is listed: ${cause}`, log: lines.slice(-5) };
}

/** Server to the status of its listing, from a listing's `_meta` (1.106.2); empty for a version that does not report it. */
export function serverOutcomes(result: Record<string, unknown> | undefined): ReadonlyMap<string, string> {
  const meta = result?._meta as Record<string, Record<string, { status?: string }>> | undefined;
  const outcomes = Object.entries(meta?.["litellm.ai/server_outcomes"] ?? {});
  return new Map(outcomes.map(([server, { status = "" }]) => [server, status]));
}

const wrongName =
  "it answers 421 to the name by which LiteLLM calls it: its protection against DNS rebinding allows other names only " +
  "(modelcontextprotocol/python-sdk#1798); add the name to its allowed hosts";
const wrongPath = "nothing is at the path of its URL";
const wrongCredential = "it refuses LiteLLM's credential: its auth_type, token or headers are missing or wrong";

/** What an answer to LiteLLM's container says. Its credential is LiteLLM's own: 401 and 403 say nothing here. */
const answerCauses: readonly (readonly [RegExp, string])[] = [
  [/^status 421$/m, wrongName],
  [/^status 404$/m, wrongPath],
  [/Name or service not known|Temporary failure in name resolution/, "LiteLLM's networks know no host of that name"],
  [/Connection refused/, "nothing listens on the port of its URL"],
];

/** What LiteLLM's log contains when all tools of an upstream are missing, the most specific first. */
const logCauses: readonly (readonly [RegExp, string])[] = [
  [
    /stdio MCP servers are disabled|LITELLM_ENABLE_MCP_STDIO/,
    "this LiteLLM starts no stdio server unless LITELLM_ENABLE_MCP_STDIO=true",
  ],
  [/MCP_STDIO_EXTRA_COMMANDS/, "its command is not among LITELLM_MCP_STDIO_EXTRA_COMMANDS"],
  [/No such file or directory|ENOENT|FileNotFoundError/, "its command is not installed where LiteLLM runs"],
  [
    /tools from \S+: ValidationError|validation errors? for (?:List)?Tool/i,
    "LiteLLM rejected the schema of one of its tools and dropped all of them",
  ],
  [
    /Client error '400 Bad Request' for url/,
    "it answers 400 to LiteLLM, although it answers a client: LiteLLM 1.77.1 sends MCP-Protocol-Version twice, which servers on newer SDKs refuse",
  ],
  [/Client error '421 /, wrongName],
  [
    /Timeout while listing tools|Client operation cancelled/,
    "it did not answer within LiteLLM's own 30 s: a slow upstream, or an overloaded machine",
  ],
];

/** What only a line that names the server says of it: elsewhere in the log the same text may be about a model's provider. */
const lineCauses: typeof logCauses = [
  ...logCauses,
  [/Client error '40[13] /, wrongCredential],
  [/Client error '404 /, wrongPath],
];

/** The statuses that 1.106.2 reports for a server in a listing's `_meta` when its log does not mention the server. */
const outcomeCauses: Readonly<Record<string, string>> = {
  auth_required: wrongCredential,
  forbidden: wrongCredential,
  unreachable: "nothing answers at its address",
  timeout: "it did not answer within LiteLLM's own limit",
};

/** What a status says of a server; `forbidden` of one that LiteLLM starts is its own refusal to do so. */
function causeOfOutcome(status: string, isStarted: boolean): string | undefined {
  if (status === "forbidden" && isStarted)
    return "LiteLLM may not start its command, which is not among LITELLM_MCP_STDIO_EXTRA_COMMANDS";
  return outcomeCauses[status];
}
