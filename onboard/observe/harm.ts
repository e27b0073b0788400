import type { CallRecord } from "./observations.ts";
import type { Trap } from "./subject.ts";

/** What the harm of a call is judged by. */
export interface HarmContext {
  trap: Pick<Trap, "file" | "content">;
  /** The marks that exist after all calls. */
  marks: readonly string[];
  /** The tools that may change state. */
  changesState: readonly string[];
}

/** Adds to each hostile call what of it came true. */
export function withHarm(records: readonly CallRecord[], context: HarmContext): CallRecord[] {
  return records.map((call) => {
    const harm = call.purpose === "hostile" ? harmOf(call, records, context) : undefined;
    return harm === undefined ? call : { ...call, harm };
  });
}

function harmOf(
  call: CallRecord,
  records: readonly CallRecord[],
  { trap, marks, changesState }: HarmContext,
): string | undefined {
  if (JSON.stringify(call.answer).includes(trap.content)) return `the content of ${trap.file} was in the answer`;
  if (call.mark !== undefined && marks.includes(call.mark)) return `the shell ran: ${call.mark} exists`;
  if (call.changed.length === 0 || changesState.includes(call.tool)) return undefined;
  // A tool that stores whatever text it is given ran no SQL: item 15 judges it.
  const storesAnyText = records.some(
    ({ tool, attack, changed }) => tool === call.tool && attack !== "SQL" && changed.length > 0,
  );
  return storesAnyText ? undefined : `the state changed: ${call.changed.join("; ")}`;
}
