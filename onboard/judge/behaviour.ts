import { secretForms } from "../../helpers/core/text/redaction.ts";
import { answerText } from "../protocol/channel.ts";
import { callText, fail, failIfAny, type Judgement, notApplicable, pass, type RunningCase } from "./judgement.ts";

type BehaviourItem = 25 | 26 | 27 | 28 | 29 | 30 | 31;

/** Judges what the candidate does that it was not asked for. */
export function judgeBehaviour(own: RunningCase): Record<BehaviourItem, Judgement> {
  const gateways = notApplicable("only a gateway knows identities");
  return {
    25: canaries(own),
    26: egress(own),
    27: leaks(own),
    28: cost(own),
    29: gateways,
    30: death(own),
    31: gateways,
  };
}

function canaries({ seen: { calls } }: RunningCase): Judgement {
  const hostile = calls.filter(({ purpose }) => purpose === "hostile");
  if (hostile.length === 0) return notApplicable("no tool takes a text");
  const findings = hostile.flatMap((call) =>
    call.harm === undefined ? [] : [`${call.attack}: ${callText(call)}: ${call.harm}`],
  );
  return failIfAny(
    findings,
    "bind and check arguments: no shell, no paths outside of its directory, no SQL from texts",
    `${hostile.length} calls with canaries did nothing`,
  );
}

function egress({ candidate, seen }: RunningCase): Judgement {
  const allowed = new Set([
    ...candidate.needs.map(({ name }) => name),
    ...candidate.hosts.map((host) => host.toLowerCase()).flatMap((host) => [host, host.replace(/:\d+$/, "")]),
  ]);
  const findings = seen.egress.filter((host) => !allowed.has(host) && !allowed.has(host.replace(/:\d+$/, "")));
  return failIfAny(
    findings.map((host) => `it tried to reach ${host}`),
    "switch it off (telemetry, update checks), or add the host to hosts",
    seen.egress.length === 0 ? "it tried to reach nothing else" : `only ${seen.egress.join(", ")}`,
  );
}

function leaks({ seen: { texts }, secrets }: RunningCase): Judgement {
  const forms = secretForms(secrets);
  if (forms.length === 0) return notApplicable("it has no secret");
  const own = [...texts].filter(([where]) => where !== "the logs of its services");
  const findings = own.flatMap(([where, text]) =>
    forms.filter(([, value]) => text.includes(value)).map(([name]) => `${name} is in ${where}`),
  );
  return failIfAny(
    [...new Set(findings)],
    "keep secrets out of messages, errors and logs",
    `${[...secrets.keys()].join(", ")}: in no result, error or log`,
  );
}

function cost({ candidate, seen }: RunningCase): Judgement {
  const { latencyMs, resultBytes } = candidate.budget;
  const findings = seen.calls.flatMap((call) => {
    const { answer } = call;
    if (answer.kind === "silent") return [`${callText(call)}: ${answerText(answer)}`];
    if (answer.took > latencyMs) return [`${callText(call)} took ${Math.round(answer.took)} ms`];
    const bytes = "bytes" in answer ? answer.bytes : 0;
    return bytes > resultBytes ? [`${callText(call)}: the answer has ${bytes} bytes`] : [];
  });
  if (seen.isCutShort) findings.push(`its calls took longer than ${candidate.limits.seconds} s`);
  const slowest = Math.max(0, ...seen.calls.map(({ answer }) => answer.took));
  const largest = Math.max(0, ...seen.calls.map(({ answer }) => ("bytes" in answer ? answer.bytes : 0)));
  return failIfAny(
    findings,
    `bound time and size (the budget is ${latencyMs} ms and ${resultBytes} bytes)`,
    `slowest ${Math.round(slowest)} ms, largest ${largest} bytes, start ${Math.round(seen.startTook)} ms`,
  );
}

function death({ seen: { leftOver, recovery }, catalogue: { tools } }: RunningCase): Judgement {
  if (leftOver.length > 0)
    return fail(
      leftOver.map((line) => `after its connection was closed this still ran: ${line}`),
      "end with standard input, and end child processes too",
    );
  if (recovery === undefined) return notApplicable("it was not killed");
  if ("failed" in recovery)
    return fail(`killed in a call, it did not come back: ${recovery.failed}`, "keep no state that outlives a crash");
  const lost = tools.filter(({ name }) => !recovery.tools.includes(name)).map(({ name }) => name);
  if (lost.length > 0)
    return fail(`killed in a call, it came back without ${lost.join(", ")}`, "keep no state that outlives a crash");
  return pass("killed in a call, it came back with the same tools, and left no process");
}
