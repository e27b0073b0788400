import { secretForms } from "../core/text/redaction.ts";
import { header } from "../protocol/exchange.ts";
import type { CommandRun, ModelScript, TriedConnection } from "./action-log.ts";
import type { FailureDetails } from "./check-failure.ts";
import {
  actionLines,
  type FailingAction,
  isRequest,
  modelLine,
  preamble,
  requestLines,
  type SentTo,
  sessionVariable,
} from "./reproduction-lines.ts";
import { quoted, Shell } from "./reproduction-shell.ts";

export type { SentTo } from "./reproduction-lines.ts";

/** Everything that a reproduction script is made of. */
export interface Reproduction {
  /** Id of the check that failed. */
  id: string;
  /** What should hold: the check's title. */
  title: string;
  /** Ids of the requirements that the failure counts against. */
  requirements: readonly string[];
  /** The spec file, relative to the project's root. */
  file: string;
  /** The failure as an operator reads it. */
  message: string;
  /** The failure's fields, secrets included; undefined when the check itself broke. */
  details: FailureDetails | undefined;
  /** Id of the run that failed. */
  run: string;
  /** Variables that the run was started with, e.g. `DEPLOYMENT`. */
  environment: Readonly<Record<string, string>>;
  requests: readonly SentTo[];
  commands: readonly CommandRun[];
  scripts: readonly ModelScript[];
  connections: readonly TriedConnection[];
  /** Name to value. The script contains no value: it reads the secrets from the network that is up. */
  secrets: ReadonlyMap<string, string>;
}

/** How many of the actions that a failure names are repeated. */
const repeatedActions = 3;

/**
 * A bash script with the shortest sequence that shows a failure again, on a network that was left up (`KEEP=1`): the
 * requests, commands and connections that the failure's evidence names, or the last thing that the check did.
 */
export function reproduction(failure: Reproduction): string {
  const actions = failingActions(failure);
  const [first] = actions;
  const lines = first === undefined ? nothingSent : scriptLines(failure, actions);
  return `${[...heading(failure), ...lines].join("\n")}\n`;
}

function scriptLines(failure: Reproduction, actions: readonly FailingAction[]): string[] {
  const session = sessionOf(failure, actions);
  const known = [...secretForms(failure.secrets), ...(session === undefined ? [] : [session.replacement])];
  const shell = new Shell(known);
  const scripts = scriptsFor(failure, actions);
  const names = shell.namesIn(JSON.stringify([actions, scripts])).filter((name) => name !== sessionVariable);
  return [
    ...preamble(failure.run, actions, names),
    ...(session === undefined ? [] : [session.line(shell)]),
    ...scripts.map((script) => modelLine(script, shell)),
    ...actions.flatMap((action) => ["", ...actionLines(action, failure, shell)]),
  ];
}

/** The actions that the failure's evidence names by id, in the order of its cases; otherwise the last one of the check. */
function failingActions({ details, requests, commands, connections }: Reproduction): FailingAction[] {
  const known: ReadonlyMap<string, FailingAction> = new Map<string, FailingAction>([
    ...requests.map((request) => [`exchange ${request.exchange.id}`, request] as const),
    ...commands.map((command) => [`command ${command.id}`, command] as const),
    ...connections.map((connection) => [`connection ${connection.id}`, connection] as const),
  ]);
  const named = (details === undefined ? [] : evidenceIds(details)).flatMap((id) => known.get(id) ?? []);
  if (named.length > 0) return [...new Set(named)].slice(0, repeatedActions);
  const last = [requests.at(-1), commands.at(-1)].filter((action) => action !== undefined);
  return last.sort((one, other) => (timeOf(one) < timeOf(other) ? 1 : -1)).slice(0, 1);
}

function evidenceIds({ evidence, cases = [] }: FailureDetails): string[] {
  return [
    ...(evidence?.exchanges ?? []).map((id) => `exchange ${id}`),
    ...(evidence?.commands ?? []).map((id) => `command ${id}`),
    ...(evidence?.connections ?? []).map((id) => `connection ${id}`),
    ...cases.flatMap(evidenceIds),
  ];
}

function timeOf(action: SentTo | CommandRun): string {
  return isRequest(action) ? action.exchange.at : action.at;
}

function heading({ id, title, requirements, file, message, environment }: Reproduction): string[] {
  const variables = Object.entries({ ...environment, KEEP: "1" }).map(([name, value]) => `${name}=${quoted(value)}`);
  return [
    "#!/usr/bin/env bash",
    `# ${id}: ${title}`,
    `# Requirements: ${requirements.join(", ")}`,
    "#",
    ...message.split("\n").map((line) => `#   ${line}`.trimEnd()),
    "#",
    "# First leave a network up (the run prints how to remove it), then run this script:",
    // With its colon the id matches no other check's.
    `#   ${variables.join(" ")} npm test -- ${file} -t ${quoted(`${id}:`)}`,
    "set -u",
  ];
}

const nothingSent = [
  "",
  "# The check sent nothing: it read what the parts are made of, or what they wrote. See deployment/ and logs/ next to",
  "# this file, and run only this check as above.",
  "exit 2",
];

/** The scripts of the model that an action depends on: their token is in the request, or in the command's paths. */
function scriptsFor({ scripts }: Reproduction, actions: readonly FailingAction[]): ModelScript[] {
  const text = JSON.stringify(actions);
  return scripts.filter(({ script }) => text.includes(script.match.includes));
}

const sessionHeader = "mcp-session-id";

/** An MCP session has to be opened again: how, and the old session's id, which the new one replaces. */
function sessionOf(
  { requests }: Reproduction,
  actions: readonly FailingAction[],
): { replacement: readonly [string, string]; line: (shell: Shell) => string } | undefined {
  for (const action of actions) {
    if (!isRequest(action)) continue;
    const id = header(action.exchange.request.headers, sessionHeader);
    const opened = requests.find(
      ({ exchange }) => id !== undefined && header(exchange.response?.headers, sessionHeader) === id,
    );
    if (id === undefined || opened === undefined) continue;
    return {
      replacement: [sessionVariable, id],
      line: (shell) =>
        `${sessionVariable}=$(${requestLines(opened, shell).at(-1)} | tr -d '\\r' | sed -n 's/^${sessionHeader}: //Ip' | head -n 1)`,
    };
  }
  return undefined;
}
