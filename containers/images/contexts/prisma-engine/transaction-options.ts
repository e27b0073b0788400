import { isObject, type Json, parseJson } from "./json.ts";

/** How long a transaction may at least take, in milliseconds. */
const patience = 60_000;

/**
 * LiteLLM's transactions end after 5 s. On a busy machine one takes longer without any fault of the gateway, and a team is not
 * made then.
 */
export function patient(options: string): string {
  const asked = parseJson(options);
  if (!isObject(asked)) return options;
  const atLeast = (value: Json | undefined): number => Math.max(Number(value ?? 0), patience);
  return JSON.stringify({ ...asked, max_wait: atLeast(asked.max_wait), timeout: atLeast(asked.timeout) });
}
