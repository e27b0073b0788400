import { setTimeout as pause } from "node:timers/promises";
import { pollInterval } from "../../helpers/core/deadlines.ts";
import type { Candidate } from "../candidate/types.ts";
import type { Channel } from "../protocol/channel.ts";
import { sampleArguments } from "./arguments.ts";
import { CallRun } from "./calls.ts";
import { readCatalogue } from "./catalogue.ts";
import { askBothEras } from "./eras.ts";
import { askOverHttp } from "./http-answers.ts";
import type { Catalogue, Observations } from "./observations.ts";
import type { Subject } from "./subject.ts";
import { tellingLines } from "./telling-lines.ts";
import { undecided, watchForStarvation } from "./undecided.ts";

/** How long processes may outlive their connection, in milliseconds. */
const endDeadline = 3_000;

/** Lines of its log that are shown of a server that does not start. */
const shownLines = 25;

/** Runs a candidate and writes down all that the items are judged by. Never throws for what the candidate does. */
export async function observe(subject: Subject, candidate: Candidate): Promise<Observations> {
  // Python servers import for seconds.
  const startDeadline = candidate.limits.startSeconds * 1000;
  const ends = performance.now() + candidate.limits.seconds * 1000;
  const channels: Channel[] = [];
  const keep = (channel: Channel): void => {
    channels.push(channel);
  };
  const starvedSince = watchForStarvation();
  const began = performance.now();
  const first = await firstCatalogue(subject, startDeadline, keep);
  const startTook = performance.now() - began;
  if ("failed" in first) return { ...nothing, failed: first.failed, startTook, starved: starvedSince() };
  const { catalogue } = first;
  const eras = await askBothEras(subject, startDeadline, keep);
  const calls = new CallRun(subject, candidate, ends);
  await calls.run(catalogue.tools);
  calls.channels.forEach(keep);
  const second = await listAgain(subject, startDeadline, keep);
  const leftOver = await processesLeft(subject);
  const recovery = await recoverAfterKill(subject, catalogue, startDeadline, keep);
  const http = subject.http === undefined ? undefined : await askOverHttp(subject.http, startDeadline);
  return {
    failed: undefined,
    catalogue,
    later: second === undefined ? [] : [second],
    eras,
    strayIds: channels.flatMap(({ strayIds }) => strayIds),
    calls: calls.records,
    leftOver,
    recovery,
    egress: await subject.egress(),
    refused: await subject.runRefused(),
    http,
    texts: new Map([
      ["results and errors", channels.map(({ received }) => received).join("\n")],
      ["its log", `${channels.map(({ log }) => log).join("\n")}\n${await subject.ownLog()}`],
      ["the logs of its services", await subject.serviceLogs()],
    ]),
    startTook,
    isCutShort: calls.isCutShort,
    starved: starvedSince(),
  };
}

/** Why what was seen says nothing of the candidate; undefined where it can be judged. */
export function undecidedAlone(
  { failed, calls, recovery, isCutShort, starved }: Observations,
  { budget }: Candidate,
): string | undefined {
  const answers = calls.map(({ answer }) => answer);
  const faults = [failed?.why ?? "", recovery !== undefined && "failed" in recovery ? recovery.failed : ""];
  return undecided({ starved, answers, faults, isCutShort }, budget.latencyMs);
}

const nothing: Omit<Observations, "failed" | "startTook" | "starved"> = {
  catalogue: undefined,
  later: [],
  eras: undefined,
  strayIds: [],
  calls: [],
  leftOver: [],
  recovery: undefined,
  egress: [],
  refused: [],
  http: undefined,
  texts: new Map(),
  isCutShort: false,
};

async function firstCatalogue(
  subject: Subject,
  startDeadline: number,
  keep: (channel: Channel) => void,
): Promise<{ catalogue: Catalogue } | { failed: NonNullable<Observations["failed"]> }> {
  const channel = await subject.open();
  keep(channel);
  try {
    const catalogue = await readCatalogue(channel, startDeadline);
    return { catalogue };
  } catch (error) {
    const log = `${channel.log}\n${await subject.ownLog()}`.split("\n").filter((line) => line.trim() !== "");
    return { failed: { why: (error as Error).message, log: tellingLines(log, shownLines) } };
  } finally {
    await channel.close();
  }
}

async function listAgain(
  subject: Subject,
  startDeadline: number,
  keep: (channel: Channel) => void,
): Promise<Catalogue | undefined> {
  const channel = await subject.open();
  keep(channel);
  try {
    return await readCatalogue(channel, startDeadline);
  } catch {
    return undefined;
  } finally {
    await channel.close();
  }
}

/** Command lines of processes that do not end with the last connection. A server that listens is meant to stay. */
async function processesLeft(subject: Subject): Promise<readonly string[]> {
  if (subject.http !== undefined) return [];
  const began = performance.now();
  for (;;) {
    const left = await subject.processes();
    if (left.length === 0 || performance.now() - began > endDeadline) return left;
    await pause(pollInterval);
  }
}

async function recoverAfterKill(
  subject: Subject,
  { tools }: Catalogue,
  startDeadline: number,
  keep: (channel: Channel) => void,
): Promise<Observations["recovery"]> {
  const channel = await subject.open();
  keep(channel);
  await readCatalogue(channel, startDeadline).catch(() => undefined);
  const [tool] = tools;
  const call =
    tool === undefined
      ? Promise.resolve()
      : channel.ask("tools/call", { name: tool.name, arguments: { ...sampleArguments(tool) } }, startDeadline);
  await subject.kill();
  await call;
  await channel.close();
  const again = await subject.open();
  keep(again);
  try {
    const after = await readCatalogue(again, startDeadline);
    return { tools: after.tools.map(({ name }) => name) };
  } catch (error) {
    return { failed: (error as Error).message };
  } finally {
    await again.close();
  }
}
