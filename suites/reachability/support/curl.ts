import { deadlines } from "../../../helpers/core/deadlines.ts";

/** The result of one curl command on a machine of the rig. */
export interface CurlAnswer {
  /** 0 when there was no response. */
  status: number;
  body: string;
  /** curl's own error message. */
  error: string;
  /** What curl's exit code means. */
  diagnosis: string;
  /** The command line, for the failure. */
  command: string;
}

/** curl's exit codes for the end of a connection (`man curl`, EXIT CODES). */
const diagnoses: Readonly<Record<number, string>> = {
  0: "the connection works, but the response is not the expected one",
  6: "the name does not resolve on that machine",
  7: "the connection is refused, or there is no route: the port is closed or a rule rejects it",
  28: "no answer in time: a rule drops the packets",
  35: "TLS fails",
  52: "the connection is accepted and closed without a response",
  56: "the connection is reset",
};

/**
 * Runs curl on a machine of the rig.
 *
 * @param options `bearer`: the key to send, if any; `deadline`: milliseconds
 */
export async function curl(
  runner: CommandRunner,
  from: "lan-host" | "inside-host",
  url: string,
  options: { bearer?: string; deadline: number },
): Promise<CurlAnswer> {
  const command = [
    "curl",
    "--silent",
    "--show-error",
    "--insecure",
    "--max-time",
    String(options.deadline / 1000),
    "--write-out",
    "\n%{http_code}",
    ...(options.bearer === undefined ? [] : ["--header", `Authorization: Bearer ${options.bearer}`]),
    url,
  ];
  const { exitCode, stdout, stderr } = await runner.run(from, command);
  const end = stdout.lastIndexOf("\n");
  return {
    status: Number(stdout.slice(end + 1)) || 0,
    body: stdout.slice(0, Math.max(end, 0)),
    error: stderr.trim(),
    diagnosis: diagnosisOf(exitCode, stderr),
    command: command.join(" "),
  };
}

/** A request of which only the status is read. */
export interface CurlRequest {
  method: string;
  url: string;
  bearer: string | undefined;
}

/** Runs commands on the machines of a rig. */
interface CommandRunner {
  run(machine: string, command: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
}

/**
 * The statuses of many requests, sent one after the other by one curl; 0 when there was no response. The first try is
 * short, because an opened stream never ends. Requests without a response then, e.g. because LiteLLM was busy, are sent
 * again with the deadline of an MCP request.
 */
export async function statuses(
  runner: CommandRunner,
  from: "lan-host" | "inside-host",
  requests: readonly CurlRequest[],
): Promise<number[]> {
  const first = await statusesWithin(deadlines.connect, runner, from, requests);
  const unanswered = requests.filter((_, index) => !first[index]);
  if (unanswered.length === 0) return first;
  const again = await statusesWithin(deadlines.mcpRequest, runner, from, unanswered);
  return requests.map((_, index) => first[index] || again.shift() || 0);
}

/** @param deadline of each request, in milliseconds */
async function statusesWithin(
  deadline: number,
  runner: CommandRunner,
  from: "lan-host" | "inside-host",
  requests: readonly CurlRequest[],
): Promise<number[]> {
  const one = ({ method, url, bearer }: CurlRequest): string[] => [
    "--silent",
    "--connect-timeout",
    String(deadlines.connect / 1000),
    "--max-time",
    String(deadline / 1000),
    "--output",
    "/dev/null",
    "--write-out",
    "%{http_code}\n",
    "--request",
    method,
    "--header",
    "Accept: application/json, text/event-stream",
    ...(method === "GET" ? [] : ["--header", "Content-Type: application/json", "--data", "{}"]),
    ...(bearer === undefined ? [] : ["--header", `Authorization: Bearer ${bearer}`]),
    url,
  ];
  const { stdout } = await runner.run(from, [
    "curl",
    ...requests.flatMap((request, index) => [...(index === 0 ? [] : ["--next"]), ...one(request)]),
  ]);
  return stdout.trim().split("\n").map(Number);
}

function diagnosisOf(exitCode: number, stderr: string): string {
  // A DNS look-up without an answer is 28 as well, but no rule dropped a packet then.
  const code = /resolving timed out/i.test(stderr) ? 6 : exitCode;
  return diagnoses[code] ?? `curl ended with exit code ${exitCode}`;
}
