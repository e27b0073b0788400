/** Every way in which the synthetic server can be bad, with the item that must fail then, and what its evidence must say. */
export const faults = {
  "wrong-id": { item: 7, says: "ids that no request had" },
  "dies-on-modern": { item: 7, says: "server/discover (2026-07-28): the server ended" },
  "unknown-method-succeeds": { item: 7, says: "an unknown method" },
  "repeating-cursor": { item: 8, says: "was returned twice" },
  "empty-catalogue": { item: 8, says: "tools/list is empty" },
  "changing-description": { item: 8, says: "differs on a later connection" },
  "crash-on-bad-arguments": { item: 9, says: "the server ended" },
  "crash-in-a-call": { item: 9, says: "count_notes({}): the server ended" },
  "useless-error": { item: 9, says: "says nothing useful" },
  "accepts-bad-arguments": { item: 9, says: "accepted, although the schema forbids it" },
  "hides-errors": { item: 10, says: "isError is not set" },
  "any-host": { item: 11, says: "a foreign Host is answered with 200" },
  "any-origin": { item: 11, says: "a foreign Origin is answered with 200" },
  "duplicate-names": { item: 12, says: "is listed 2 times" },
  "long-name": { item: 12, says: "has 71 characters" },
  "dotted-name": { item: 12, says: "characters other than" },
  "union-schema": { item: 13, says: "anyOf at the top" },
  "no-schema-type": { item: 13, says: "the type is missing" },
  "no-annotations": { item: 14, says: "has no readOnlyHint" },
  "no-destructive-hint": { item: 14, says: "has no destructiveHint" },
  "read-only-writes": { item: 15, says: "says that it only reads" },
  "against-output-schema": { item: 16, says: "against its outputSchema" },
  "does-nothing": { item: 16, says: "answers without" },
  "hidden-instruction": { item: 17, says: "an instruction to the model" },
  "unicode-tags": { item: 17, says: "Unicode tags" },
  "ansi-escape": { item: 17, says: "ANSI escape" },
  "hidden-in-instructions": { item: 17, says: "the instructions" },
  "taken-name": { item: 18, says: "synthetic-a_b" },
  "rug-pull": { item: 19, says: "the description of read_note" },
  "many-tools": { item: 20, says: "the budget is 20" },
  "long-descriptions": { item: 20, says: "tokens; the budget is" },
  "any-jwt": { item: 21, says: "expired token is answered with 200" },
  "passes-token-on": { item: 22, says: "have the client's token" },
  "session-is-enough": { item: 23, says: "without its token is answered with 200" },
  "too-many-rights": { item: 24, says: "succeeds with its credentials" },
  traversal: { item: 25, says: "traversal" },
  "shell-injection": { item: 25, says: "the shell ran" },
  "sql-injection": { item: 25, says: "the state changed" },
  "secret-in-error": { item: 27, says: "NOTES_PASSWORD is in results and errors" },
  "secret-in-log": { item: 27, says: "NOTES_PASSWORD is in its log" },
  hang: { item: 28, says: "no answer in" },
  "huge-result": { item: 28, says: "the answer has" },
  "slow-tool": { item: 28, says: "took" },
  "leaked-child": { item: 30, says: "still ran" },
  "no-recovery": { item: 30, says: "did not come back" },
} as const;

/** Faults that only show where the network can be seen. */
export const networkFaults = {
  "calls-home": { item: 26, says: "it tried to reach telemetry.example.com" },
} as const;

/** What a server may do and a gateway makes a fault of: sound without a gateway, an item's condition through LiteLLM 1.77.1. */
export const gatewayFaults = {
  "strict-about-headers": { item: 8, says: "lists none of its tools" },
} as const;

/** Faults with which there is no catalogue to judge, and what the evidence must say. */
export const startFaults = {
  "does-not-start": "NOTES_LICENCE is not set",
  "never-answers": "no answer in",
  "refuses-the-handshake": "initialize: error -32000: go away",
} as const;

export type Fault =
  | keyof typeof faults
  | keyof typeof networkFaults
  | keyof typeof gatewayFaults
  | keyof typeof startFaults;
