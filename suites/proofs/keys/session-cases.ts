import type { Fault } from "./faulty-front.ts";
import { callsOnlyListed, losesAbortedListings, sessions } from "./session-faults.ts";

/** A gateway with sessions, which the front makes. */
export interface SessionCase {
  gateway: string;
  fault: Fault;
  check: "CAT-29/first-of-many-sessions" | "CAT-29/aborted-listing" | "CAT-29/call-before-listing";
}

const many = "CAT-29/first-of-many-sessions";
const aborted = "CAT-29/aborted-listing";
const unlisted = "CAT-29/call-before-listing";

/** Gateways that do it right, each in another way: what the check then reports. */
export const rightGateways: readonly (SessionCase & { finds?: RegExp })[] = [
  {
    gateway: "keeps every session",
    fault: sessions({}),
    check: many,
    finds: /After 101 later sessions .* still answers/,
  },
  {
    gateway: "keeps every session, and does not name it in its answers",
    fault: sessions({ unnamed: true }),
    check: many,
    finds: /After 101 later sessions .* still answers/,
  },
  { gateway: "answers 404 to an ended session", fault: sessions({ most: 100 }), check: many, finds: /is answered 404/ },
  {
    gateway: "refuses more than 50 sessions with 429",
    fault: sessions({ refuses: { after: 50, status: 429 } }),
    check: many,
    finds: /After 49 later sessions \(the next is refused with 429\)/,
  },
  { gateway: "keeps the session of a client that left", fault: sessions({}), check: aborted },
];

/** Gateways that do it wrong: what the check says. */
export const wrongGateways: readonly (SessionCase & { says: RegExp })[] = [
  {
    gateway: "serves an ended session without a session",
    fault: sessions({ most: 100, ended: "served" }),
    check: many,
    says: /gone after 101 later sessions, and nothing says so to its client\n.*\n +actual: +status 200 that names no session/,
  },
  {
    gateway: "shows an empty catalogue to an ended session",
    fault: sessions({ most: 100, ended: "empty" }),
    check: many,
    says: /the first session, after 101 later sessions: the listing is not complete\n +expected: +the 7 tools.*\n +actual: +0 tools, status 200/,
  },
  {
    gateway: "ends every session but the newest with 404, at once",
    fault: sessions({ most: 0 }),
    check: many,
    says: /the first session, before the others begin: the listing is not complete/,
  },
  {
    gateway: "gives every client the same session",
    fault: sessions({ shared: true }),
    check: many,
    says: /two clients get the same session.*\n +expected: +102 session ids.*\n +actual: +1 different ids/,
  },
  {
    gateway: "fails after 50 sessions",
    fault: sessions({ refuses: { after: 50, status: 500 } }),
    check: many,
    says: /the session after \d+ others does not begin\n.*\n +actual: +status 500/,
  },
  {
    gateway: "drops the session of a client that left during its listing",
    fault: sessions({ dropsLeft: true }),
    check: aborted,
    says: /failed in 1 of 2 cases\nthe same session: after an aborted listing a call of held-slow does not return its own result\n.*\n +actual: +status 404/,
  },
  {
    gateway: "loses the upstream whose listing was aborted",
    fault: losesAbortedListings("held-"),
    check: aborted,
    says: /failed in 2 of 2 cases[\s\S]*after an aborted listing a call of held-slow does not return its own result/,
  },
  {
    gateway: "calls only tools that it has listed",
    fault: callsOnlyListed(),
    check: unlisted,
    says: /a tool of reserved, which this LiteLLM has not listed yet, cannot be called\n.*\n +actual: .*did not arrive/,
  },
];
