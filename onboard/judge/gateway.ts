import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { secretForms } from "../../helpers/core/text/redaction.ts";
import type { Candidate } from "../candidate/types.ts";
import type { AuditEntry } from "../observe/client-key.ts";
import type { CallRecord, Observations } from "../observe/observations.ts";
import type { GatewayObservations } from "../observe/through-gateway.ts";
import { answerText, shortened } from "../protocol/channel.ts";
import { asClientsWrite, longestName } from "./catalogue.ts";
import { itemNumbers } from "./items.ts";
import type { Judgements } from "./judge.ts";
import { callText, fail, type Judgement, notApplicable, pass } from "./judgement.ts";
import { isError, looksLikeError, textOf, useful } from "./protocol.ts";

/** What was seen of a candidate through a gateway, or why there was nothing to see. */
export type GatewayColumn =
  | GatewayObservations
  /** LiteLLM starts without the candidate's entry, and not with it. */
  | { refused: { why: string; log: readonly string[] } }
  /** The candidate can't be behind this gateway in this run. */
  | { notRun: string };

/** All that a candidate is judged by behind a gateway. */
export interface GatewayCase {
  candidate: Candidate;
  /** Of LiteLLM. */
  version: string;
  /** What was seen without a gateway, and how it was judged. */
  direct: { seen: Observations; judged: Judgements };
  seen: GatewayColumn;
  /** The name of a tool of the candidate in the gateway's catalogue. */
  nameOf: (tool: string) => string;
  /** The candidate's secrets by name. */
  secrets: ReadonlyMap<string, string>;
}

type RunningCase = Omit<GatewayCase, "seen"> & { seen: GatewayObservations };

/**
 * Judges what a gateway does to a candidate. Everything is compared with the same without a gateway: what only fails through
 * it is the gateway's fault, and a condition, never a reason to reject the candidate.
 */
export function judgeThroughGateway(own: GatewayCase): Judgements {
  const { direct, seen, version } = own;
  if (direct.seen.catalogue === undefined) return all(notApplicable("it does not start without a gateway"));
  if ("refused" in seen) return { ...all(notApplicable("LiteLLM does not start")), 7: refused(version, seen.refused) };
  if ("notRun" in seen) return all(notApplicable(seen.notRun));
  const running = { ...own, seen };
  const base = all(notApplicable("judged without a gateway"));
  const boots = pass(`LiteLLM ${version} starts with its entry`);
  if (seen.own.length === 0) {
    const none = notApplicable("the gateway lists none of its tools");
    return {
      ...base,
      7: boots,
      8: notListed(running),
      9: none,
      10: none,
      12: none,
      16: none,
      27: leaks(running),
      28: none,
      29: none,
      30: none,
      31: none,
    };
  }
  return {
    ...base,
    7: boots,
    8: catalogue(running),
    9: errorTexts(running),
    10: errorMarks(running),
    12: names(running),
    16: examples(running),
    27: leaks(running),
    28: cost(running),
    29: audit(running),
    30: death(running),
    31: revocation(running),
  };
}

function all(one: Judgement): Judgements {
  return Object.fromEntries(itemNumbers.map((number) => [number, one])) as unknown as Judgements;
}

function refused(version: string, { why, log }: { why: string; log: readonly string[] }): Judgement {
  const lines = [
    `LiteLLM ${version} starts without its entry, and not with it: ${why}`,
    ...log.map((line) => `  ${line}`),
  ];
  return {
    outcome: "fail",
    evidence: lines.join("\n"),
    fix: "correct name, server and env of the candidate file: the entry of mcp_servers comes from them",
  };
}

/** Judges an item by what only happens through the gateway. */
function gatewayFault(
  { version }: Pick<GatewayCase, "version">,
  findings: readonly string[],
  condition: string,
  otherwise: string,
): Judgement {
  if (findings.length === 0) return pass(otherwise);
  const { evidence } = fail(findings, "");
  return { outcome: "conditional", evidence, condition: `LiteLLM ${version} ${condition}` };
}

function notListed(own: RunningCase): Judgement {
  const { candidate, seen, version } = own;
  const log = seen.texts.get("the gateway's log") ?? "";
  const lines = log
    .split("\n")
    .filter((line) => new RegExp(`\\b${candidate.name}\\b`).test(line) && !/"(GET|POST) /.test(line));
  const findings = [
    `LiteLLM ${version} lists none of its tools${seen.faults.length === 0 ? "" : `: ${seen.faults.join("; ")}`}`,
    ...lines.slice(-mostLines).map((line) => `  ${shortened(line.trim())}`),
  ];
  return gatewayFault(own, findings, "does not list the candidate: the lines of the log above say why", "");
}

/** The most lines of a gateway's log that one item shows. */
const mostLines = 5;

/** What a listing says about a tool, except its name. */
const fields = ["description", "inputSchema", "title", "annotations", "outputSchema"] as const;

function catalogue(own: RunningCase): Judgement {
  const { direct, seen } = own;
  const offered = new Map((direct.seen.catalogue?.tools ?? []).map((tool) => [tool.name, tool]));
  const listed = new Map(seen.own.map((tool) => [tool.name, tool]));
  const lost = new Map<string, string[]>();
  for (const [name, tool] of offered) {
    const other = listed.get(name);
    if (other === undefined) continue;
    for (const field of fields) if (!isSame(tool, other, field)) lost.set(field, [...(lost.get(field) ?? []), name]);
  }
  const findings = [
    ...seen.faults,
    ...[...offered.keys()].filter((name) => !listed.has(name)).map((name) => `${own.nameOf(name)} is not listed`),
    ...[...listed.keys()]
      .filter((name) => !offered.has(name))
      .map((name) => `${own.nameOf(name)} is listed, and it offers no ${name}`),
    ...[...lost].map(
      ([field, tools]) => `${field} of ${tools.join(", ")} ${tools.length > 1 ? "are" : "is"} lost or changed`,
    ),
  ];
  return gatewayFault(
    own,
    findings,
    `changes the catalogue of the candidate (${[...lost.keys()].join(", ") || "tools"}): what clients decide by that does not hold`,
    `${listed.size} tools are listed as it offers them`,
  );
}

function isSame(tool: Tool, other: Tool, field: (typeof fields)[number]): boolean {
  return JSON.stringify(sorted(tool[field])) === JSON.stringify(sorted(other[field]));
}

/** Keys in order, and without those that have no value: a gateway parses JSON and writes it again. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value ?? undefined;
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== null && inner !== undefined)
    .toSorted(([one], [two]) => (one < two ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** The same call without a gateway. */
function directly({ direct }: RunningCase, { purpose, tool, arguments: own }: CallRecord): CallRecord | undefined {
  const text = JSON.stringify(own);
  return direct.seen.calls.find(
    (one) => one.purpose === purpose && one.tool === tool && JSON.stringify(one.arguments) === text,
  );
}

/** Calls that fail without a gateway with a text that says why. */
function failures(own: RunningCase): { call: CallRecord; before: CallRecord }[] {
  return own.seen.calls.flatMap((call) => {
    const before = directly(own, call);
    const fails = before !== undefined && (isError(before.answer) || looksLikeError(textOf(before.answer)));
    return fails ? [{ call, before }] : [];
  });
}

function errorTexts(own: RunningCase): Judgement {
  const compared = failures(own);
  if (compared.length === 0) return notApplicable("no call fails without a gateway");
  const findings = compared.flatMap(({ call, before }) => {
    const { answer } = call;
    if (answer.kind === "silent" || answer.kind === "ended") return [`${callText(call)}: ${answerText(answer)}`];
    const text = textOf(answer);
    return useful.test(text) || !useful.test(textOf(before.answer))
      ? []
      : [`${callText(call)}: the error says nothing useful: ${shortened(text, 160)}`];
  });
  return gatewayFault(
    own,
    findings,
    "loses the texts of errors: a model does not learn what to do differently",
    `${compared.length} errors arrive with a text that says why`,
  );
}

function errorMarks(own: RunningCase): Judgement {
  const compared = failures(own).filter(({ before }) => isError(before.answer));
  if (compared.length === 0) return notApplicable("no call fails without a gateway");
  const findings = compared.flatMap(({ call }) => {
    const { answer } = call;
    if (answer.kind !== "result" || isError(answer)) return [];
    return [`${callText(call)}: isError is lost on ${shortened(textOf(answer), 120)}`];
  });
  return gatewayFault(
    own,
    findings,
    "loses isError: clients and models take failures for successes",
    `${compared.length} failures arrive as failures`,
  );
}

function names(own: RunningCase): Judgement {
  const { seen } = own;
  const prefixed = new Set(seen.own.map(({ name }) => own.nameOf(name)));
  const counts = Map.groupBy(seen.listed, ({ name }) => name);
  const written = Map.groupBy(seen.listed, ({ name }) => asClientsWrite(name));
  const findings = [...prefixed].flatMap((name) => {
    const count = counts.get(name)?.length ?? 0;
    const others = new Set((written.get(asClientsWrite(name)) ?? []).map((tool) => tool.name));
    others.delete(name);
    return [
      ...(count > 1 ? [`${name} is listed ${count} times`] : []),
      ...[...others].map((other) => `${name} reads like ${other}`),
      ...(name.length > longestName ? [`${name} has ${name.length} characters`] : []),
    ];
  });
  return gatewayFault(
    own,
    findings,
    "lists names that are not unique, or longer than model providers accept; rename the server in the candidate file",
    `${prefixed.size} names with prefix are unique among the ${seen.listed.length} that are listed`,
  );
}

function examples(own: RunningCase): Judgement {
  const compared = own.seen.calls.flatMap((call) => {
    const before = call.purpose === "example" ? directly(own, call) : undefined;
    return before !== undefined && before.answer.kind === "result" && !isError(before.answer) ? [{ call, before }] : [];
  });
  if (compared.length === 0) return notApplicable("no example succeeds without a gateway");
  const findings = compared.flatMap(({ call, before }) =>
    resultDifferences(call, before).map((what) => `${callText(call)}: ${what}`),
  );
  return gatewayFault(own, findings, "changes results", `${compared.length} examples give the same result`);
}

/** How a result differs from that of the same call without a gateway. Texts may differ: they can contain the time. */
function resultDifferences({ answer, expected }: CallRecord, { answer: before }: CallRecord): string[] {
  if (answer.kind !== "result" || before.kind !== "result") return [answerText(answer)];
  const text = JSON.stringify(answer);
  const kinds = (content: unknown): string =>
    Array.isArray(content) ? content.map((part: { type?: unknown }) => String(part.type)).join(", ") : "none";
  const [own, direct] = [kinds(answer.result.content), kinds(before.result.content)];
  return [
    ...(answer.result.isError === true ? [`fails: ${shortened(textOf(answer), 160)}`] : []),
    ...(expected?.contains ?? []).flatMap((part) =>
      JSON.stringify(before).includes(part) && !text.includes(part) ? [`answers without ${JSON.stringify(part)}`] : [],
    ),
    ...(own === direct ? [] : [`the content is ${own}, and ${direct} without a gateway`]),
    ...(before.result.structuredContent !== undefined && answer.result.structuredContent === undefined
      ? ["structuredContent is lost"]
      : []),
  ];
}

function leaks(own: RunningCase): Judgement {
  const { seen, secrets, direct } = own;
  const forms = secretForms(secrets);
  if (forms.length === 0) return notApplicable("it has no secret");
  // What it says itself arrives in the gateway's answers too, and is its own fault.
  if (direct.judged[27].outcome === "fail") return notApplicable("it leaks a secret without a gateway");
  const findings = [...seen.texts].flatMap(([where, text]) =>
    forms.filter(([, value]) => text.includes(value)).map(([name]) => `${name} is in ${where}`),
  );
  return gatewayFault(
    own,
    [...new Set(findings)],
    "shows secrets of the candidate: restrict who reads that, and change the secrets after an incident",
    `${[...secrets.keys()].join(", ")}: in no answer and no line of the log`,
  );
}

function cost(own: RunningCase): Judgement {
  const { candidate, seen } = own;
  const { latencyMs, resultBytes } = candidate.budget;
  const findings = seen.calls.flatMap((call) => {
    const before = directly(own, call);
    const { answer } = call;
    // What is slow without a gateway is not the gateway's fault.
    if (before === undefined || before.answer.kind === "silent" || before.answer.took > latencyMs) return [];
    if (answer.kind === "silent") return [`${callText(call)}: ${answerText(answer)}`];
    const took = `${callText(call)} took ${Math.round(answer.took)} ms, and ${Math.round(before.answer.took)} ms without a gateway`;
    if (answer.took > latencyMs) return [took];
    const bytes = "bytes" in answer ? answer.bytes : 0;
    const direct = "bytes" in before.answer ? before.answer.bytes : 0;
    return bytes > resultBytes && direct <= resultBytes ? [`${callText(call)}: the answer has ${bytes} bytes`] : [];
  });
  const slowest = Math.max(0, ...seen.calls.map(({ answer }) => answer.took));
  return gatewayFault(
    own,
    findings,
    `is slower than the budget of ${latencyMs} ms`,
    `slowest of ${seen.calls.length} calls ${Math.round(slowest)} ms`,
  );
}

function death(own: RunningCase): Judgement {
  const { seen } = own;
  if (seen.death === undefined) return notApplicable("it could not be killed: no process of it ran during the call");
  const { answer, othersLost, failed, ownLost } = seen.death;
  const findings = [
    ...(failed === undefined ? [] : [`while it was dead the gateway listed nothing: ${failed}`]),
    ...(failed === undefined ? othersLost.map((name) => `while it was dead ${name} was not listed`) : []),
    ...(answer.kind === "silent" ? [`the call in which it was killed: ${answerText(answer)}`] : []),
    ...ownLost.map((name) => `${name} was not listed again`),
  ];
  const others = seen.listed.length - seen.own.length;
  return gatewayFault(
    own,
    findings,
    "does not survive the death of the candidate",
    `dead in a call (${answerText(answer).slice(0, 80)}): ${others} tools of others stayed listed, and its own came back`,
  );
}

const noKeys = "the deployment's LiteLLM has no database, which keys of its own and spend logs need";

function audit(own: RunningCase): Judgement {
  const { client } = own.seen;
  if (client === undefined) return notApplicable(noKeys);
  if (client.audit === undefined) return notApplicable("calls needs one example that succeeds and one that fails");
  const findings = Object.entries(client.audit).flatMap(([which, entries]: [string, readonly AuditEntry[]]) => {
    if (entries.length === 0) return [`the spend logs have no call that ${which} with the tool's name`];
    return entries.some(({ hasIdentity }) => hasIdentity) ? [] : [`the spend logs do not say whose call ${which}`];
  });
  return gatewayFault(
    own,
    findings,
    "does not keep who called what with which outcome: add a logging callback where that is needed",
    "the spend logs name key, tool and outcome of a call that succeeded, and of one that failed",
  );
}

function revocation(own: RunningCase): Judgement {
  const { client } = own.seen;
  if (client === undefined) return notApplicable(noKeys);
  const { unusable, took, within } = client.revocation;
  const stated = `${within / 1000} s (key_change_seconds)`;
  const findings =
    unusable !== undefined
      ? [`a key that is granted it can't use it: ${shortened(unusable)}`]
      : took === undefined
        ? [`a revoked key still lists its tools after ${stated}`]
        : [];
  return gatewayFault(
    own,
    findings,
    "does not take its rights from a revoked key in the stated time",
    `a revoked key was refused after ${((took ?? 0) / 1000).toFixed(1)} s; stated are ${stated}`,
  );
}
