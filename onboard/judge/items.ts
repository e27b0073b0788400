/** The items of GATE, by their numbers. */
export const items = {
  1: "version and digest pinned, reinstall identical",
  2: "licence allowed",
  3: "signature, provenance or SBOM verified where offered",
  4: "registry name matches its owner",
  5: "no known-bad release",
  6: "every environment variable and secret declared",
  7: "both protocol eras, or a clean failure",
  8: "catalogue non-empty, paginated, equal over reconnects",
  9: "bad arguments: a useful error, no crash",
  10: "a failure sets isError",
  11: "Host and Origin checked",
  12: "prefixed names unique, valid, at most 64 characters",
  13: "root schema an object, no top-level union",
  14: "every tool annotated",
  15: "read-only leaves state unchanged",
  16: "description matches behaviour",
  17: "no hidden instructions, Unicode or ANSI tricks",
  18: "no collision with approved tools",
  19: "full snapshot approved, instructions included",
  20: "token and tool budget",
  21: "missing, expired, wrong-audience, wrong-issuer tokens refused",
  22: "the client's token never reaches the upstream's own upstreams",
  23: "a stolen session id grants nothing",
  24: "credentials cannot exceed declared rights",
  25: "traversal, SQL and shell canaries refused",
  26: "egress to declared hosts only",
  27: "canaries absent from results, errors and logs",
  28: "latency and result size in budget",
  29: "each call audited with identity and outcome",
  30: "its death leaves others intact, and it recovers",
  31: "revocation in stated time",
} as const;

export type ItemNumber = keyof typeof items;

/** Ascending. */
export const itemNumbers = Object.keys(items).map(Number) as ItemNumber[];

/** `GATE-07`, as reports name an item. */
export function itemId(number: ItemNumber): string {
  return `GATE-${String(number).padStart(2, "0")}`;
}
