import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";

/** What curl saw from a machine of the rig. */
export interface CurlAnswer {
  /** 0 when no response came. */
  status: number;
  body: string;
  /** curl's own words. */
  error: string;
  /** What the exit code says, in words. */
  diagnosis: string;
  /** What was run, for the failure. */
  command: string;
}

/** curl's exit codes that tell how a connection ended (`man curl`, EXIT CODES). */
const diagnoses: Readonly<Record<number, string>> = {
  0: "the connection works; the answer is not the one that was due",
  6: "the name does not resolve there",
  7: "the connection is refused, or there is no route: the port is closed or a rule rejects it",
  28: "no answer in time: a rule drops the packets",
  35: "TLS fails",
  52: "the connection is accepted and closed without an answer",
  56: "the connection is reset",
};

/** A plain curl, as the status document did it by hand, from a machine of the rig. */
export async function curl(
  gateway: GatewayTarget,
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
  const { exitCode, stdout, stderr } = await gateway.run(from, command);
  const end = stdout.lastIndexOf("\n");
  return {
    status: Number(stdout.slice(end + 1)) || 0,
    body: stdout.slice(0, Math.max(end, 0)),
    error: stderr.trim(),
    diagnosis: diagnosisOf(exitCode, stderr),
    command: command.join(" "),
  };
}

/** One of many requests, of which the status alone is wanted. */
export interface CurlRequest {
  method: string;
  url: string;
  bearer: string | undefined;
}

/** Who runs commands on the machines of a rig. */
type Runner = Pick<GatewayTarget, "run">;

/**
 * Statuses of many requests, sent one after the other by one curl; 0 when no response came. A stream that opens never
 * ends, so none is given long at first; what had no answer by then, for LiteLLM may be busy, is asked again by itself and
 * given as long as a request may take.
 */
export async function statuses(
  runner: Runner,
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
  runner: Runner,
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

function diagnosisOf(exitCode: number, said: string): string {
  // A look-up that nobody answers is curl's 28 too: nothing was sent that a rule could have dropped.
  const code = /resolving timed out/i.test(said) ? 6 : exitCode;
  return diagnoses[code] ?? `curl ended with exit code ${exitCode}`;
}
