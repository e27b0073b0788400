import { secretForms } from "../core/text/redaction.ts";
import { type Exchange, header, receivedText, sentText } from "../protocol/exchange.ts";
import type { CommandRun, ModelScript, TriedConnection } from "./action-log.ts";
import type { FailureStory } from "./check-failure.ts";

/** A request, and the part of a rig that took it. */
export interface SentTo {
  exchange: Exchange;
  rig: string;
  part: string;
  /** The port inside of the container. */
  port: number;
}

/** All that a script which shows a failure again is made of. */
export interface Reproduction {
  requirements: readonly string[];
  /** The check's sentence. */
  sentence: string;
  /** The spec file, relative to the project's root. */
  file: string;
  /** The failure's own words. */
  message: string;
  /** Told by the failure, when it is a check's own. */
  story: FailureStory | undefined;
  /** Id of the run that failed. */
  run: string;
  /** Variables that the run was started with, e.g. `DEPLOYMENT`. */
  environment: Readonly<Record<string, string>>;
  requests: readonly SentTo[];
  commands: readonly CommandRun[];
  scripts: readonly ModelScript[];
  connections: readonly TriedConnection[];
  /** Name to value. No value stands in the script: it asks the network that is up. */
  secrets: ReadonlyMap<string, string>;
}

/** How many of a check's cases are done again. */
const shownActs = 3;
/** Where the scripted model listens in its container. */
const modelPort = 8080;
/** A request of more bytes is not repeated in a script that a person reads. */
const largestRaw = 30_000;

/**
 * A shell script with the shortest commands that show a failure again, on a network that was left up (`KEEP=1`): the
 * requests or commands that the failure tells of, else the last that the check made.
 */
export function reproduction(failure: Reproduction): string {
  const actions = failingActs(failure);
  const session = sessionOf(failure, actions);
  const known = [...secretForms(failure.secrets), ...(session === undefined ? [] : [session.replacement])];
  const shell = new Shell(known);
  const scripts = scriptsFor(failure, actions);
  const body = [
    ...(session === undefined ? [] : [session.line(shell)]),
    ...scripts.map((script) => modelLine(script, shell)),
    ...actions.flatMap((act) => ["", ...actLines(act, failure, shell)]),
  ];
  const [first] = actions;
  const lines =
    first === undefined
      ? nothingSent
      : [...preamble(failure, actions, shell.namesIn(JSON.stringify([actions, scripts]))), ...body];
  return `${[...heading(failure), ...lines].join("\n")}\n`;
}

type ReproducedAct = SentTo | CommandRun | TriedConnection;

function isRequest(act: ReproducedAct): act is SentTo {
  return "exchange" in act;
}

function isConnection(act: ReproducedAct): act is TriedConnection {
  return "from" in act;
}

function actLines(act: ReproducedAct, failure: Reproduction, shell: Shell): string[] {
  if (isRequest(act)) return requestLines(act, shell);
  return isConnection(act) ? connectionLines(act, failure) : commandLines(act, failure, shell);
}

function failingActs({ story, requests, commands, connections }: Reproduction): ReproducedAct[] {
  const told = [story?.sent, ...(story?.cases ?? []).map(({ sent }) => sent)].filter((sent) => sent !== undefined);
  const tried = new Map(connections.map((connection) => [connection.text, connection]));
  const found = told.flatMap((sent) => {
    const among = sent.split("\n").flatMap((line) => tried.get(line) ?? []);
    return among.length > 0 ? among : (actOf(sent, requests, commands) ?? []);
  });
  if (found.length > 0) return [...new Set(found)].slice(0, shownActs);
  const last = [requests.at(-1), commands.at(-1)].filter((act) => act !== undefined);
  return last.sort((one, other) => (timeOf(one) < timeOf(other) ? 1 : -1)).slice(0, 1);
}

function actOf(sent: string, requests: readonly SentTo[], commands: readonly CommandRun[]): ReproducedAct | undefined {
  const exact = requests.findLast(({ exchange }) => sent === sentText(exchange));
  if (exact !== undefined) return exact;
  // `codex exec` alone names the command too, where its arguments are told in another form.
  const command =
    commands.findLast((run) => sent.includes(run.command.join(" "))) ??
    commands.findLast((run) => sent.startsWith(run.command.slice(0, 2).join(" ")));
  if (command !== undefined) return command;
  const holding = requests.findLast(({ exchange }) => sent.includes(sentText(exchange)));
  return holding ?? requests.findLast(({ exchange: { request } }) => sent.includes(`${request.method} ${request.url}`));
}

function timeOf(act: SentTo | CommandRun): string {
  return isRequest(act) ? act.exchange.at : act.at;
}

function heading({ requirements, sentence, file, message, environment }: Reproduction): string[] {
  const variables = Object.entries({ ...environment, KEEP: "1" }).map(([name, value]) => `${name}=${quoted(value)}`);
  return [
    "#!/usr/bin/env bash",
    `# ${requirements.join(", ")}: ${sentence}`,
    "#",
    ...message.split("\n").map((line) => `#   ${line}`.trimEnd()),
    "#",
    "# Leave a network up first (it says how to remove it), then run this script:",
    `#   ${variables.join(" ")} npm test -- ${file} -t ${quoted(sentence.replaceAll(/[.*+?^$()[\]{}|\\]/g, "\\$&"))}`,
    "set -u",
  ];
}

function preamble({ run }: Reproduction, actions: readonly ReproducedAct[], secrets: readonly string[]): string[] {
  const [first] = actions;
  const rig = first === undefined || isConnection(first) ? "gateway" : first.rig;
  return [
    "",
    "# The network of this run if it is still up, else the newest that was left up; or the one that is named.",
    'kept() { docker ps --format \'{{.Label "gateway-conformance.run"}}\' --filter label=gateway-conformance.keep=1 "$@" | head -n 1; }',
    `run=\${1:-$(kept --filter label=gateway-conformance.run=${run})}`,
    `run=\${run:-$(kept --filter label=gateway-conformance.part=${rig === "edge" ? "whoami" : "litellm"})}`,
    `[ -n "$run" ] || { echo "no network was left up: see the first lines of $0" >&2; exit 2; }`,
    `part() { docker ps -q --filter "label=gateway-conformance.rig=$run-\${2:-${rig}}" --filter "label=gateway-conformance.part=$1"; }`,
    'at() { docker port "$(part "$1")" "$2" | head -n 1; }',
    ...secretLines(secrets.filter((name) => name !== sessionName)),
    ...(actions.some(isConnection) ? connecting : []),
    ...(actions.every(isConnection) ? [] : requesting),
  ];
}

const requesting = [
  "# No header but those that are given, as the check's own client.",
  "request() { curl --silent --show-error --include --insecure --path-as-is --globoff --max-time 30 -H 'Accept:' -H 'Content-Type:' -H 'Expect:' \"$@\"; echo; }",
];

const connecting = [
  "# address PART RIG NETWORK FIELD",
  'address() { docker inspect --format "{{(index .NetworkSettings.Networks \\"$3\\").$4}}" "$(part "$1" "$2")"; }',
  "# connect FROM ADDRESS PORT, where FROM is a container",
  'connect() { said=$(docker exec "$1" timeout 3 bash -c "exec 3<>/dev/tcp/$2/$3" 2>&1); case $? in 0) echo connected ;; 124) echo dropped ;; *) echo "${said##*: }" | sed "s/^Connection //" ;; esac; }',
];

function secretLines(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    "# The secrets of a network are made up for it alone. Traefik by itself takes any key.",
    'secret() { docker ps -q --filter "label=gateway-conformance.run=$run" | xargs docker inspect --format \'{{range .Config.Env}}{{println .}}{{end}}\' | sed -n "s/^$1=//p" | head -n 1; }',
    ...[...new Set(names)].map((name) => `${name}=$(secret ${name}); ${name}=\${${name}:-sk-any-key}`),
  ];
}

const nothingSent = [
  "",
  "# The check sent nothing: it read what the parts are made of, or what they wrote. See deployment/ and logs/ beside",
  "# this file, and run the check alone as above.",
  "exit 2",
];

function requestLines({ exchange, part, port }: SentTo, shell: Shell): string[] {
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

/** What no client would send: the bytes as they were. */
function rawLine(url: string, raw: string, part: string, port: number, shell: Shell): string {
  if (raw.length > largestRaw) return `# ${raw.length} bytes, too many to repeat here: see wire.json\nexit 2`;
  const secure = url.startsWith("https:");
  const host = new URL(url.split(" ")[0] ?? url).hostname;
  const send = secure
    ? `openssl s_client -quiet -connect "$(at ${part} ${port})" -servername ${host} 2>/dev/null`
    : `{ address=$(at ${part} ${port}); exec 3<>"/dev/tcp/\${address%:*}/\${address##*:}"; cat >&3; timeout 30 cat <&3; }`;
  return `${shell.printf(raw)} | ${send}; echo`;
}

function connectionLines({ text, from, to, port, outcome }: TriedConnection, { run }: Reproduction): string[] {
  const source = `"$(part ${from.part} ${from.rig})"`;
  const told = [`# ${text}`, `# In the run: ${outcome}`];
  if ("name" in to) return [...told, `docker exec ${source} getent ahosts ${quoted(to.name)} || echo "name not found"`];
  const network = to.network.startsWith(run) ? `"$run"${quoted(to.network.slice(run.length))}` : quoted(to.network);
  const field = to.family === 6 ? "GlobalIPv6Address" : "IPAddress";
  return [...told, `connect ${source} "$(address ${to.part} ${to.rig} ${network} ${field})" ${port}`];
}

function commandLines(run: CommandRun, { commands }: Reproduction, shell: Shell): string[] {
  const home = run.workingDir ?? run.environment.HOME;
  // Files that the check had put where the command looks for them.
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

/** The scripts of the model that an act leans on: its token stands in the request, or in what the command reads. */
function scriptsFor({ scripts }: Reproduction, actions: readonly ReproducedAct[]): ModelScript[] {
  const text = JSON.stringify(actions);
  // A command's token stands in its paths.
  return scripts.filter(({ script }) => text.includes(script.match.includes));
}

function modelLine({ id, script }: ModelScript, shell: Shell): string {
  const body = shell.quote(JSON.stringify(script));
  return `curl --silent -X PUT --data-binary ${body} "http://$(at scripted-model ${modelPort})/_scripts/${encodeURIComponent(id)}" >/dev/null`;
}

const sessionName = "session";
const sessionHeader = "mcp-session-id";

/** An MCP session has to be opened anew: how, and the old one's id, which the new one replaces. */
function sessionOf(
  { requests }: Reproduction,
  actions: readonly ReproducedAct[],
): { replacement: readonly [string, string]; line: (shell: Shell) => string } | undefined {
  for (const act of actions) {
    if (!isRequest(act)) continue;
    const id = header(act.exchange.request.headers, sessionHeader);
    const opened = requests.find(
      ({ exchange }) => id !== undefined && header(exchange.response?.headers, sessionHeader) === id,
    );
    if (id === undefined || opened === undefined) continue;
    return {
      replacement: [sessionName, id],
      line: (shell) =>
        `${sessionName}=$(${requestLines(opened, shell).at(-1)} | tr -d '\\r' | sed -n 's/^${sessionHeader}: //Ip' | head -n 1)`,
    };
  }
  return undefined;
}

/** Quotes for bash; a secret becomes the variable of its name. */
class Shell {
  readonly #known: readonly (readonly [string, string])[];

  constructor(known: readonly (readonly [string, string])[]) {
    this.#known = known;
  }

  namesIn(text: string): string[] {
    return this.#known.filter(([, value]) => text.includes(value)).map(([name]) => name);
  }

  quote(text: string): string {
    if (text === "") return "''";
    return this.#split(text)
      .map((piece) => (piece.name === undefined ? quoted(piece.text) : `"$${piece.name}"`))
      .join("");
  }

  /** A `printf` that writes exactly these bytes (Latin-1). */
  printf(bytes: string): string {
    const pieces = this.#split(bytes);
    const format = pieces.map(({ name, text }) => (name === undefined ? escaped(text) : "%s")).join("");
    const names = pieces.flatMap(({ name }) => (name === undefined ? [] : [`"$${name}"`]));
    return ["printf", `'${format}'`, ...names].join(" ");
  }

  #split(text: string): { text: string; name?: string }[] {
    for (const [name, value] of this.#known) {
      const at = text.indexOf(value);
      if (at < 0) continue;
      return [...this.#split(text.slice(0, at)), { text: value, name }, ...this.#split(text.slice(at + value.length))];
    }
    return text === "" ? [] : [{ text }];
  }
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function escaped(bytes: string): string {
  return bytes.replaceAll(/[^ -~]|['%\\]/g, (char) => {
    if (char === "\r") return "\\r";
    if (char === "\n") return "\\n";
    if (char === "%") return "%%";
    return `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}
