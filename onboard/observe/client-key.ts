import { DeadlineError, until } from "../../helpers/core/deadlines.ts";
import type { Candidate } from "../candidate/types.ts";
import type { Channel } from "../protocol/channel.ts";
import { readTools, shakeHands } from "./catalogue.ts";

/** One call of a tool, as a gateway keeps it. */
export interface AuditEntry {
  /** Empty where it does not say which one. */
  tool: string;
  hasIdentity: boolean;
  outcome: string | undefined;
}

/** A key with which a client may use the candidate through a gateway. */
export interface ClientKey {
  value: string;
  /** Milliseconds in which a revoked key must be refused. */
  refusedWithin: number;
  revoke(): Promise<void>;
  /** What the gateway keeps of the calls with this key. */
  audited(): Promise<readonly AuditEntry[]>;
}

/** What a gateway keeps of one call that succeeds, and of one that fails. */
export interface AuditObservation {
  /** The lines or rows that name the tool; empty where none does. */
  succeeded: readonly AuditEntry[];
  failed: readonly AuditEntry[];
}

/** What became of a key that was revoked. */
export interface RevocationObservation {
  /** Why the key was of no use before. */
  unusable: string | undefined;
  /** Milliseconds until it was refused; undefined where it never was. */
  took: number | undefined;
  within: number;
}

/** How long a gateway may take to write down a call, in milliseconds: LiteLLM writes every 10 to 15 s. */
const auditDeadline = 45_000;

/** How long one answer is awaited, in milliseconds. */
const answerDeadline = 60_000;

/** Calls a tool once with success and once without, and reads what the gateway keeps of it. */
export async function observeAudit(
  key: ClientKey,
  candidate: Candidate,
  open: (key: string) => Channel,
  nameOf: (tool: string) => string,
): Promise<AuditObservation | undefined> {
  const succeeding = candidate.calls.find(({ fails }) => !fails);
  const failing = candidate.calls.find(({ fails }) => fails);
  if (succeeding === undefined || failing === undefined) return undefined;
  const channel = open(key.value);
  await shakeHands(channel, answerDeadline).catch(() => undefined);
  for (const { tool, arguments: own } of [succeeding, failing])
    await channel.ask("tools/call", { name: nameOf(tool), arguments: { ...own } }, answerDeadline);
  await channel.close();
  // Both calls may be of one tool: the outcome then says which one succeeded.
  const isOf = ({ tool }: AuditEntry, name: string): boolean =>
    tool === name || tool === nameOf(name) || tool.endsWith(`/${name}`);
  const isFailure = ({ outcome }: AuditEntry): boolean => outcome !== undefined && /fail|error/i.test(outcome);
  const read = async (): Promise<AuditObservation> => {
    const entries = await key.audited();
    return {
      succeeded: entries.filter((entry) => isOf(entry, succeeding.tool) && !isFailure(entry)),
      failed: entries.filter((entry) => isOf(entry, failing.tool) && isFailure(entry)),
    };
  };
  let last: AuditObservation = { succeeded: [], failed: [] };
  try {
    return await until("the gateway has written down both calls", auditDeadline, async () => {
      last = await read();
      return last.succeeded.length > 0 && last.failed.length > 0 ? last : undefined;
    });
  } catch (error) {
    if (error instanceof DeadlineError) return last;
    throw error;
  }
}

/** Revokes a key that works, and asks with it until it is refused. */
export async function observeRevocation(
  key: ClientKey,
  open: (key: string) => Channel,
  nameOf: (tool: string) => string,
): Promise<RevocationObservation> {
  const { refusedWithin: within } = key;
  // An error that the gateway makes for the whole request, not one of a tool.
  const refusal = async (): Promise<string | undefined> => {
    const channel = open(key.value);
    try {
      const { tools, faults } = await readTools(channel, answerDeadline);
      if (tools.some(({ name }) => name.startsWith(nameOf("")))) return undefined;
      return faults.join("; ") || "none of its tools is listed";
    } catch (error) {
      return (error as Error).message;
    } finally {
      await channel.close();
    }
  };
  const unusable = await refusal();
  if (unusable !== undefined) return { unusable, took: undefined, within };
  const began = performance.now();
  await key.revoke();
  try {
    await until("the revoked key is refused", within, refusal);
    return { unusable: undefined, took: performance.now() - began, within };
  } catch (error) {
    if (error instanceof DeadlineError) return { unusable: undefined, took: undefined, within };
    throw error;
  }
}
