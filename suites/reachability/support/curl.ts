import type { FailureEvidence } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { curlCommand } from "../../support/curl-command.ts";

/** A machine of the rig that has curl. */
export type CurlMachine = "lan-host" | "inside-host";

/** Runs commands on the machines of a rig. */
interface CommandRunner {
  run(
    machine: string,
    command: readonly string[],
  ): Promise<{ id: string; exitCode: number; stdout: string; stderr: string }>;
}

/** The response that curl got on a machine of the rig. */
export interface CurlAnswer {
  /** 0 when there was no response. */
  status: number;
  body: string;
  /** Whether its time ended before a response began. */
  isLate: boolean;
  /** In messages, e.g. `status 404`, or what curl printed about the error. */
  text: string;
  /** The likely cause, by curl's exit code. */
  cause: string;
  evidence: FailureEvidence;
}

/** Causes by curl's exit code (`man curl`, EXIT CODES). */
const causes: Readonly<Record<number, string>> = {
  0: "the connection works, but the response is not the expected one",
  6: "the name does not resolve on this network",
  7: "the connection is refused, or there is no route: the port is closed or a rule rejects it",
  28: "no response in time: a rule drops the packets",
  35: "the TLS handshake fails",
  52: "the connection is accepted and closed without a response",
  56: "the connection is reset",
};

/** Sends one request with a plain curl, as the status document did by hand. */
export async function curl(
  runner: CommandRunner,
  from: CurlMachine,
  url: string,
  { bearer, deadline }: { bearer?: string; deadline: number },
): Promise<CurlAnswer> {
  const options = [
    "--silent",
    "--show-error",
    "--insecure",
    "--max-time",
    String(deadline / 1000),
    "--write-out",
    "\n%{http_code}",
    ...(bearer === undefined ? [] : ["--header", `Authorization: Bearer ${bearer}`]),
    url,
  ];
  const { id, exitCode, stdout, stderr } = await runner.run(from, curlCommand(url, options));
  const end = stdout.lastIndexOf("\n");
  const status = Number(stdout.slice(end + 1)) || 0;
  const body = stdout.slice(0, Math.max(end, 0));
  const error = stderr.trim() || `curl ended with exit code ${exitCode}`;
  return {
    status,
    body,
    isLate: status === 0 && codeOf(exitCode, stderr) === 28,
    text: status === 0 ? error : `status ${status}`,
    cause: causeOf(status, exitCode, stderr),
    evidence: {
      sent: ["curl", ...options].join(" "),
      received: status === 0 ? error : `${status}\n${body}`,
      commands: [id],
    },
  };
}

/** One of many requests whose statuses are wanted. */
export interface CurlRequest {
  method: string;
  url: string;
  bearer: string | undefined;
}

/** The status of a request; 0 when there was no response. */
export interface CurlStatus {
  status: number;
  /** Of the body, in bytes. */
  size: number;
  /** Whether its time ended first; a connection that is refused has no response either. */
  isLate: boolean;
  /** Id of the recorded command that sent it. */
  command: string;
}

/**
 * Sends many requests one after the other with one curl. Each gets a short time at first, because a stream that opens never
 * ends. Those without a response then, perhaps because LiteLLM is busy, are sent again with the time that a request may
 * take.
 */
export async function statuses(
  runner: CommandRunner,
  from: CurlMachine,
  requests: readonly CurlRequest[],
): Promise<CurlStatus[]> {
  const first = await statusesWithin(deadlines.connect, runner, from, requests);
  const unanswered = requests.filter((_, index) => !first[index]?.status);
  if (unanswered.length === 0) return first;
  const again = await statusesWithin(deadlines.mcpRequest, runner, from, unanswered);
  return first.map((one) => (one.status ? one : (again.shift() ?? one)));
}

/** @param deadline of each request, in milliseconds */
async function statusesWithin(
  deadline: number,
  runner: CommandRunner,
  from: CurlMachine,
  requests: readonly CurlRequest[],
): Promise<CurlStatus[]> {
  const one = ({ method, url, bearer }: CurlRequest): string[] => [
    "--silent",
    "--connect-timeout",
    String(deadlines.connect / 1000),
    "--max-time",
    String(deadline / 1000),
    "--output",
    "/dev/null",
    "--write-out",
    "%{http_code} %{size_download} %{exitcode}\n",
    "--request",
    method,
    "--header",
    "Accept: application/json, text/event-stream",
    ...(method === "GET" ? [] : ["--header", "Content-Type: application/json", "--data", "{}"]),
    ...(bearer === undefined ? [] : ["--header", `Authorization: Bearer ${bearer}`]),
    url,
  ];
  const all = requests.flatMap((request, index) => [...(index === 0 ? [] : ["--next"]), ...one(request)]);
  const { id, stdout } = await runner.run(from, curlCommand(requests[0]?.url ?? "", all));
  const printed = stdout.trim().split("\n");
  return requests.map((_, index) => {
    const [status = 0, size = 0, exitCode = 0] = (printed[index] ?? "").split(" ").map(Number);
    return { status: status || 0, size, isLate: exitCode === 28, command: id };
  });
}

function causeOf(status: number, exitCode: number, stderr: string): string {
  if (status !== 0 && exitCode === 28)
    return "the response begins, but does not end in time: the gateway hangs or is overloaded";
  return causes[codeOf(exitCode, stderr)] ?? `curl ended with exit code ${exitCode}`;
}

/** A name server that does not answer gives exit code 28 too, but then no packet was sent that a rule could drop. */
function codeOf(exitCode: number, stderr: string): number {
  return /resolving timed out/i.test(stderr) ? 6 : exitCode;
}
