import { isMessage, type Message } from "../../helpers/protocol/json-rpc.ts";
import type { CallRecord, Catalogue } from "../observe/observations.ts";
import { type Answer, answerText, shortened } from "../protocol/channel.ts";
import {
  callText,
  conditional,
  fail,
  failIfAny,
  type Judgement,
  notApplicable,
  type RunningCase,
} from "./judgement.ts";
import { firstDifference } from "./tool-difference.ts";

type ProtocolItem = 7 | 8 | 9 | 10 | 11;

/** Judges how the candidate speaks MCP. */
export function judgeProtocol(own: RunningCase): Record<ProtocolItem, Judgement> {
  return {
    7: eras(own),
    8: catalogue(own),
    9: badArguments(own),
    10: failures(own),
    11: hostAndOrigin(own),
  };
}

function eras({ seen: { eras: asked, strayIds } }: RunningCase): Judgement {
  if (asked === undefined) return notApplicable("it was not asked");
  const { legacy, modern, unknownVersion, unknownMethod, survivedModern } = asked;
  const findings = [
    ...(legacy.kind === "result" ? [] : [`initialize (2025-06-18): ${answerText(legacy)}`]),
    ...(isCleanFailure(modern) ? [] : [`server/discover (2026-07-28): ${answerText(modern)}`]),
    ...(survivedModern ? [] : ["after server/discover it answers no initialize"]),
    ...(isCleanFailure(unknownVersion) ? [] : [`initialize (1999-01-01): ${answerText(unknownVersion)}`]),
    ...(unknownMethod.kind === "error" ? [] : [`an unknown method: ${answerText(unknownMethod)}`]),
    ...(strayIds.length === 0
      ? []
      : [`answers with ids that no request had: ${shortened(JSON.stringify(strayIds), 80)}`]),
  ];
  const both = modern.kind === "result" ? "both eras" : "the era of initialize; server/discover fails cleanly";
  return failIfAny(findings, "answer every request with its id: a result or a JSON-RPC error", both);
}

/** A result or an error. A server may also ignore a request before the handshake; but not hang or end. */
function isCleanFailure(answer: Answer): boolean {
  return answer.kind === "result" || answer.kind === "error" || (answer.kind === "refused" && answer.status < 500);
}

function catalogue({ catalogue: first, seen: { later }, candidate }: RunningCase): Judgement {
  const fix = "list the same tools on every connection, in pages that end";
  if (first.faults.length > 0) return fail(first.faults, fix);
  if (first.tools.length === 0) return fail("tools/list is empty", fix);
  if (later.length === 0) return fail("a second connection got no catalogue", fix);
  const names = new Set(first.tools.map(({ name }) => name));
  const { expected } = candidate.tools;
  const missing = (expected ?? []).filter((name) => !names.has(name)).map((name) => `${name} is missing`);
  const extra = expected === undefined ? [] : [...names].filter((name) => !expected.includes(name));
  const findings = [
    ...later.flatMap((other) => catalogueDifference(first, other)),
    ...missing,
    ...extra.map((name) => `${name} is not expected`),
  ];
  return failIfAny(findings, fix, `${names.size} tools, the same on ${later.length + 1} connections`);
}

function catalogueDifference(first: Catalogue, other: Catalogue): string[] {
  const before = new Map(first.tools.map((tool) => [tool.name, tool]));
  const after = new Map(other.tools.map((tool) => [tool.name, tool]));
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)),
  );
  return [
    ...changed.map(
      (name) => `${name} differs on a later connection: ${firstDifference(before.get(name), after.get(name))}`,
    ),
    ...(first.instructions === other.instructions ? [] : ["the instructions differ on a later connection"]),
    ...(other.faults.length > 0 ? other.faults : []),
  ];
}

/** Words of an error from which a model can learn what to do differently. */
export const useful =
  /required|missing|invalid|expected|unknown|valid|must|type|not found|no such|argument|parameter|field/i;

function badArguments({ seen }: RunningCase): Judgement {
  const crashes = seen.calls.filter(({ answer }) => answer.kind === "ended");
  if (crashes.length > 0)
    return fail(
      crashes.map((call) => `${callText(call)}: ${answerText(call.answer)}`),
      "catch what goes wrong in a call, and answer with isError",
    );
  const calls = seen.calls.filter(({ purpose }) => purpose === "bad-arguments" || purpose === "unknown-tool");
  const isAnyWrong = calls.some(({ purpose }) => purpose === "bad-arguments");
  const findings = calls.flatMap((call) => {
    const { answer } = call;
    if (answer.kind === "silent") return [];
    const text = textOf(answer);
    if (isError(answer) || looksLikeError(text))
      return useful.test(text) ? [] : [`${callText(call)}: the error says nothing useful: ${shortened(text, 120)}`];
    return [`${callText(call)}: accepted, although the schema forbids it`];
  });
  return failIfAny(
    findings,
    "compare arguments with the schema, and answer with an error that names what is wrong",
    isAnyWrong
      ? `${calls.length} calls with bad arguments end in an error that says why`
      : "no tool has an argument that could be wrong",
  );
}

function failures({ seen }: RunningCase): Judgement {
  const findings = seen.calls.flatMap((call) => {
    if (call.purpose === "hostile") return [];
    const text = textOf(call.answer);
    if (call.answer.kind !== "result" || isError(call.answer)) return [];
    if (call.expected?.fails) return [`${callText(call)} must fail, and is a success: ${shortened(text, 120)}`];
    // The operator says that the right answer has these words, e.g. lines of a log.
    if (call.expected?.contains.some((part) => looksLikeError(part) && text.includes(part))) return [];
    return looksLikeError(text) ? [`${callText(call)}: isError is not set on ${shortened(text, 120)}`] : [];
  });
  const failed = seen.calls.filter(({ answer }) => isError(answer));
  if (findings.length === 0 && failed.length === 0)
    return conditional("no call failed", "an example that fails is in calls (fails: true)");
  return failIfAny(findings, "set isError: true where a tool fails", `${failed.length} failures are marked`);
}

function hostAndOrigin({ seen: { http } }: RunningCase): Judgement {
  if (http === undefined) return notApplicable("it speaks stdio, and listens nowhere");
  const findings = Object.entries({ Host: http.foreignHost, Origin: http.foreignOrigin }).flatMap(([header, status]) =>
    status !== undefined && status < 400 ? [`a foreign ${header} is answered with ${status}`] : [],
  );
  return failIfAny(
    findings,
    "refuse requests with a Host or an Origin that is not the server's own (DNS rebinding)",
    `a foreign Host is answered with ${http.foreignHost}, a foreign Origin with ${http.foreignOrigin}`,
  );
}

/** Whether an answer says that it is a failure. */
export function isError(answer: Answer): boolean {
  return (
    answer.kind === "error" || answer.kind === "refused" || (answer.kind === "result" && answer.result.isError === true)
  );
}

/** Whether a call was answered, and without a failure. */
export function succeeded({ answer }: CallRecord): boolean {
  return answer.kind === "result" && !isError(answer) && !looksLikeError(textOf(answer));
}

/** A failure that is not marked as one: every tool that hides errors writes them like this. */
export function looksLikeError(text: string): boolean {
  // A report can begin like an error: "Invalid index check: No invalid indexes found."
  if (/^\W*invalid [^\n:]*: (no|none|0)\b/i.test(text)) return false;
  return /^\W*(error|failed|failure|exception|traceback|invalid|unknown tool)\b/i.test(text) || /^\{"error"/.test(text);
}

/** What a person or a model reads of an answer. */
export function textOf(answer: Answer): string {
  if (answer.kind === "error") return answer.message;
  if (answer.kind === "refused") return answer.body;
  if (answer.kind !== "result") return "";
  const { content } = answer.result;
  const texts = Array.isArray(content) ? content.filter(isMessage).map(({ text }: Message) => text) : [];
  return texts.filter((text) => typeof text === "string").join("\n");
}
