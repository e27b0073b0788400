import { randomUUID } from "node:crypto";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import type { LoginClients, LoginExchange } from "../../../containers/targets/login-clients.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { errorLine } from "../../support/error-line.ts";
import { type LoginStep, lastStep, stepsOf } from "./login-steps.ts";

/** An MCP client that logs its user in, on a machine of its own. */
export interface OAuthClient {
  /** In the id of its check; never reused for another client. */
  slug: string;
  /** In the title of its check, e.g. `the Python SDK 1.x`. */
  title: string;
  /** In the report, next to its version. */
  name: string;
  /** Its name in the login-clients rig. */
  machine: string;
  /** Only with `CLIENTS=all`. */
  isHeavy?: boolean;
  /** What it is started with, as its user would. */
  start(task: LoginTask, home: string): ClientCommand;
  /** Lists the tools after the login, where that is a command of its own. */
  list?(task: LoginTask, home: string): ClientCommand;
}

/** A command of a client. */
export interface ClientCommand {
  command: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** A file of the client's home, by its path there. */
  file?: { path: string; content: string };
}

/** What a client is to do. */
export interface LoginTask {
  /** MCP's address. */
  url: string;
  /** Undefined: the client registers itself. */
  clientId: string | undefined;
  /** Name of the client's machine. */
  machine: string;
  /** Where the client waits for its code, on its own machine. */
  redirect: string;
}

/** How far a client got. */
export interface LoginAttempt {
  steps: readonly LoginStep[];
  reached: LoginStep | "nothing";
  /** What the client, or the provider's page, showed last; undefined where the client completed. */
  shown: string | undefined;
  /** The redirect URI with which the client sent its user to the provider. */
  redirect: string | undefined;
  exchanges: readonly LoginExchange[];
  exitCode: number;
  /** As it was typed. */
  command: string;
  /** Ids of the recorded commands. */
  commands: readonly string[];
  /** Milliseconds. */
  took: number;
}

/**
 * Runs a command in the background of this script, so that its user can log in while it waits. $1 is its home, then the command.
 * Its process id and its output are in its home.
 */
const start = `home=$1; shift
"$@" > "$home/out" 2> "$home/err" &
echo $! > "$home/pid"
wait $!; code=$?
cat "$home/out"; cat "$home/err" >&2
echo $code > "$home/code"; exit $code`;

/**
 * Prints the address to which the client sends its user, as soon as it shows it; nothing where the client ends without one. A
 * terminal's control characters may stand around it.
 */
const awaitAddress = `while :; do
  ended=no; [ -e "$1/code" ] && ended=yes
  address=$(cat "$1/out" "$1/err" 2>/dev/null | grep -aoE 'https?://[^[:space:][:cntrl:]"]*response_type=code[^[:space:][:cntrl:]"]*' | head -n 1)
  [ -n "$address" ] && { printf %s "$address"; exit 0; }
  [ $ended = yes ] && exit 0
  sleep 0.1
done`;

/** Opens an address of the machine's own loopback, as the user's browser does. Fails where nothing listens there. */
const openLoopback = `trap "" PIPE
exec 3<> "/dev/tcp/$1/$2" || exit 1
printf 'GET %s HTTP/1.1\\r\\nHost: %s:%s\\r\\nConnection: close\\r\\n\\r\\n' "$3" "$1" "$2" >&3 || true
head -n 1 <&3 || true`;

/** Waits until the client has ended. */
const awaitEnd = 'while ! [ -e "$1/code" ]; do sleep 0.1; done';

/** Ends the client, where it has not ended itself. */
const endClient = 'kill "$(cat "$1/pid")" 2>/dev/null || true';

/** A client's error as JSON. */
const jsonError = z.object({ error: z.object({ message: z.string() }) });

/**
 * Lets a client log its user in, connect and list the tools, as far as it gets.
 *
 * @param logIn is the user: logs in at the address, and returns the one to which the provider sends the browser back
 * @throws {Error} when a machine or the front does not work; a client that fails is a result
 */
export async function attemptLogin(
  machines: LoginClients,
  client: OAuthClient,
  task: LoginTask,
  logIn: (url: string) => Promise<string>,
): Promise<LoginAttempt> {
  const { machine } = task;
  const began = performance.now();
  const home = `/home/login-${randomUUID()}`;
  const before = (await machines.exchanges(machine)).length;
  const { command, environment, file } = client.start(task, home);
  const prepare = 'mkdir -p "$1/$(dirname "$3")" && printf %s "$2" > "$1/authority.pem" && printf %s "$4" > "$1/$3"';
  const { path, content } = file ?? { path: "task", content: task.url };
  await machines.run(machine, ["sh", "-c", prepare, "sh", home, await machines.authority(), path, content]);
  const trusting = { HOME: home, SSL_CERT_FILE: `${home}/authority.pem`, NODE_EXTRA_CA_CERTS: `${home}/authority.pem` };
  const running = machines.run(machine, ["sh", "-c", start, "sh", home, ...command], {
    environment: { ...trusting, ...environment },
    workingDir: "/home",
    deadline: deadlines.agentTurn,
  });
  const [main, user] = await Promise.all([running, beUser(machines, machine, home, logIn)]);
  const commands = [main.id];
  let output = [main.stdout, main.stderr];
  if (client.list !== undefined && main.exitCode === 0) {
    const next = client.list(task, home);
    const listed = await machines.run(machine, next.command, {
      environment: { ...trusting, ...next.environment },
      workingDir: "/home",
      deadline: deadlines.mcpRequest,
    });
    commands.push(listed.id);
    output = [listed.stdout, listed.stderr];
  }
  const exchanges = (await machines.exchanges(machine)).slice(before);
  const steps = stepsOf({ exchanges, authorization: user.address, isBack: user.isBack });
  const reached = lastStep(steps);
  return {
    steps,
    reached,
    shown: reached === "tools/list" ? undefined : (user.page ?? shownIn(output) ?? `exit code ${main.exitCode}`),
    redirect: user.address === undefined ? undefined : (new URL(user.address).searchParams.get("redirect_uri") ?? ""),
    exchanges,
    exitCode: main.exitCode,
    command: command.join(" "),
    commands,
    took: performance.now() - began,
  };
}

/** The error that a client shows: its message where it is JSON, else the line. */
function shownIn(output: readonly string[]): string | undefined {
  const lines = output.flatMap((text) => stripVTControlCharacters(text).split(/\r?\n/));
  const messages = lines.flatMap((line) => jsonError.safeParse(jsonOf(line)).data?.error.message ?? []);
  return errorLine(messages.at(-1) ?? lines.join("\n"));
}

interface UserStory {
  /** Where the client sent its user. */
  address: string | undefined;
  isBack: boolean;
  /** What the provider's page said to a user who did not come back. */
  page: string | undefined;
}

/** Waits for the client's address, logs in there, and brings the code back; a client whose user is stuck is ended. */
async function beUser(
  machines: LoginClients,
  machine: string,
  home: string,
  logIn: (url: string) => Promise<string>,
): Promise<UserStory> {
  const waited = await machines.run(machine, ["sh", "-c", awaitAddress, "sh", home], { deadline: deadlines.agentTurn });
  const address = waited.stdout.trim();
  if (address === "") return { address: undefined, isBack: false, page: undefined };
  try {
    const back = new URL(await logIn(address));
    const port = back.port === "" ? "80" : back.port;
    const { exitCode, stderr } = await machines.run(machine, [
      ...["bash", "-c", openLoopback, "bash", back.hostname, port, back.pathname + back.search],
    ]);
    if (exitCode !== 0) throw new Error(`nothing listens at the client's ${back.origin}${back.pathname}: ${stderr}`);
    const refusal = back.searchParams.get("error_description") ?? back.searchParams.get("error");
    if (refusal === null) return { address, isBack: true, page: undefined };
    // Codex goes on waiting for a code.
    await machines.run(machine, ["sh", "-c", awaitEnd, "sh", home], { deadline: deadlines.request });
    await machines.run(machine, ["sh", "-c", endClient, "sh", home]);
    return { address, isBack: false, page: `the provider sends the user back with "${refusal}"` };
  } catch (error) {
    await machines.run(machine, ["sh", "-c", endClient, "sh", home]);
    return { address, isBack: false, page: error instanceof Error ? error.message : String(error) };
  }
}
