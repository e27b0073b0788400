import { type Exchange, receivedText } from "../protocol/exchange.ts";
import type { CommandRun, ModelScript, TriedConnection } from "./action-log.ts";
import { quoted, type Shell } from "./reproduction-shell.ts";

/** A request, and the part of a rig that took it. */
export interface SentTo {
  exchange: Exchange;
  rig: string;
  part: string;
  /** The port inside the container. */
  port: number;
}

/** Something that a reproduction script repeats. */
export type FailingAction = SentTo | CommandRun | TriedConnection;

/** Whether an action is a request. */
export function isRequest(action: FailingAction): action is SentTo {
  return "exchange" in action;
}

/** Whether an action is a connection. */
export function isConnection(action: FailingAction): action is TriedConnection {
  return "from" in action;
}

/** The script's variable for the id of an MCP session that it opened. */
export const sessionVariable = "session";

/** Where the scripted model listens in its container. */
const modelPort = 8080;
/** A request of more bytes is not repeated in a script that a person reads. */
const largestRaw = 30_000;

/**
 * Finds the network, and defines the functions that the lines of these actions call.
 *
 * @param run id of the run that failed
 * @param secrets names of the secrets that the actions use
 */
export function preamble(run: string, actions: readonly FailingAction[], secrets: readonly string[]): string[] {
  const [first] = actions;
  const rig = first === undefined || isConnection(first) ? "gateway" : first.rig;
  return [
    "",
    "# The network: the one that is named, this run's if it is still up, or the newest that was left up.",
    'kept() { docker ps --format \'{{.Label "gateway-conformance.run"}}\' --filter label=gateway-conformance.keep=1 "$@" | head -n 1; }',
    `run=\${1:-$(kept --filter label=gateway-conformance.run=${run})}`,
    `run=\${run:-$(kept --filter label=gateway-conformance.part=${rig === "edge" ? "whoami" : "litellm"})}`,
    `[ -n "$run" ] || { echo "no network was left up: see the first lines of $0" >&2; exit 2; }`,
    `part() { docker ps -q --filter "label=gateway-conformance.rig=$run-\${2:-${rig}}" --filter "label=gateway-conformance.part=$1"; }`,
    'at() { docker port "$(part "$1")" "$2" | head -n 1; }',
    ...secretLines(secrets),
    ...(actions.some(isConnection) ? connectionFunctions : []),
    ...(actions.every(isConnection) ? [] : requestFunctions),
  ];
}

const requestFunctions = [
  "# Sends no header but those that are given, as the check's own client does.",
  "request() { curl --silent --show-error --include --insecure --path-as-is --globoff --max-time 30 -H 'Accept:' -H 'Content-Type:' -H 'Expect:' \"$@\"; echo; }",
];

const connectionFunctions = [
  "# address PART RIG NETWORK FIELD",
  'address() { docker inspect --format "{{(index .NetworkSettings.Networks \\"$3\\").$4}}" "$(part "$1" "$2")"; }',
  "# connect FROM ADDRESS PORT, where FROM is a container",
  'connect() { output=$(docker exec "$1" timeout 3 bash -c "exec 3<>/dev/tcp/$2/$3" 2>&1); case $? in 0) echo connected ;; 124) echo dropped ;; *) echo "${output##*: }" | sed "s/^Connection //" ;; esac; }',
];

function secretLines(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    "# Each network has secrets of its own. Where only Traefik is up, any key will do.",
    'secret() { docker ps -q --filter "label=gateway-conformance.run=$run" | xargs docker inspect --format \'{{range .Config.Env}}{{println .}}{{end}}\' | sed -n "s/^$1=//p" | head -n 1; }',
    ...[...new Set(names)].map((name) => `${name}=$(secret ${name}); ${name}=\${${name}:-sk-any-key}`),
  ];
}

/**
 * The lines that repeat one action, with what happened in the run as a comment above.
 *
 * @param failed id of the run that failed, and every command of the check
 */
export function actionLines(
  action: FailingAction,
  failed: { run: string; commands: readonly CommandRun[] },
  shell: Shell,
): string[] {
  if (isRequest(action)) return requestLines(action, shell);
  return isConnection(action) ? connectionLines(action, failed.run) : commandLines(action, failed.commands, shell);
}

/** The lines that send a request again; the last one sends it. */
export function requestLines({ exchange, part, port }: SentTo, shell: Shell): string[] {
  const { request } = exchange;
  const received = `# In the run: ${receivedText(exchange).split("\n")[0]}`;
  if (request.raw !== undefined) return [received, rawLine(request.url, request.raw, part, port, shell)];
  const headers = request.headers.filter(([name]) => !/^(user-agent|content-length|connection|host)$/i.test(name));
  const method = request.method === "HEAD" ? ["--head"] : request.method === "GET" ? [] : ["-X", request.method];
  const options = [
    `--connect-to "::$(at ${part} ${port})"`,
    ...(request.protocol === "HTTP/2" ? ["--http2"] : []),
    ...method,
    ...headers.map(([name, value]) => `-H ${shell.quote(value === "" ? `${name};` : `${name}: ${value}`)}`),
    ...(request.body === undefined ? [] : [`--data-binary ${shell.quote(request.body)}`]),
    shell.quote(request.url),
  ];
  return [received, `request ${options.join(" ")}`];
}

/** A request that no client library writes: the bytes as they were. */
function rawLine(url: string, raw: string, part: string, port: number, shell: Shell): string {
  if (raw.length > largestRaw) return `# ${raw.length} bytes, too many to repeat here: see wire.json\nexit 2`;
  const secure = url.startsWith("https:");
  const host = new URL(url.split(" ")[0] ?? url).hostname;
  const send = secure
    ? `openssl s_client -quiet -connect "$(at ${part} ${port})" -servername ${host} 2>/dev/null`
    : `{ address=$(at ${part} ${port}); exec 3<>"/dev/tcp/\${address%:*}/\${address##*:}"; cat >&3; timeout 30 cat <&3; }`;
  return `${shell.printf(raw)} | ${send}; echo`;
}

function connectionLines({ id, from, to, port, outcome }: TriedConnection, run: string): string[] {
  const source = `"$(part ${from.part} ${from.rig})"`;
  const comments = [`# ${id}`, `# In the run: ${outcome}`];
  if ("name" in to)
    return [...comments, `docker exec ${source} getent ahosts ${quoted(to.name)} || echo "name not found"`];
  const network = to.network.startsWith(run) ? `"$run"${quoted(to.network.slice(run.length))}` : quoted(to.network);
  const field = to.family === 6 ? "GlobalIPv6Address" : "IPAddress";
  return [...comments, `connect ${source} "$(address ${to.part} ${to.rig} ${network} ${field})" ${port}`];
}

function commandLines(run: CommandRun, commands: readonly CommandRun[], shell: Shell): string[] {
  const home = run.workingDir ?? run.environment.HOME;
  // Files that the check had written for the command.
  const before = commands.filter(
    (other) =>
      home !== undefined &&
      other !== run &&
      other.part === run.part &&
      other.at <= run.at &&
      other.command[0] === "sh" &&
      other.command.some((word) => word.startsWith(run.environment.HOME ?? home)),
  );
  return [
    ...before.map((other) => commandLine(other, shell)),
    `# In the run: exit code ${run.exitCode}`,
    `${commandLine(run, shell)}; code=$?; echo; echo "exit code $code"`,
  ];
}

function commandLine({ part, command, environment, workingDir, user }: CommandRun, shell: Shell): string {
  const options = [
    ...Object.entries(environment).map(([name, value]) => `-e ${shell.quote(`${name}=${value}`)}`),
    ...(workingDir === undefined ? [] : [`-w ${shell.quote(workingDir)}`]),
    ...(user === undefined ? [] : [`-u ${shell.quote(user)}`]),
  ];
  return ["docker exec", ...options, `"$(part ${part})"`, ...command.map((word) => shell.quote(word))].join(" ");
}

/** The line that gives the scripted model its script again. */
export function modelLine({ id, script }: ModelScript, shell: Shell): string {
  const body = shell.quote(JSON.stringify(script));
  return `curl --silent -X PUT --data-binary ${body} "http://$(at scripted-model ${modelPort})/_scripts/${encodeURIComponent(id)}" >/dev/null`;
}
