import type { faults } from "./faults.ts";

/** Each fault: the checks that it must fail, and what they say. */
export const brokenKeys: readonly { fault: keyof typeof faults; fails: Readonly<Record<string, RegExp>> }[] = [
  {
    fault: "widenedGrant",
    fails: {
      "KEYS-01/listed-tools":
        /file reader is shown other tools of filesystem than it is granted\n +expected: +2 tools of filesystem\n +actual: +14 /,
    },
  },
  {
    fault: "missingGrant",
    fails: {
      "KEYS-01/listed-tools":
        /file reader is shown other tools of filesystem than it is granted\n +expected: +2 tools of filesystem\n +actual: +0 /,
    },
  },
  { fault: "openToNobody", fails: { "KEYS-01/listed-tools": /nobody is shown other tools/ } },
  { fault: "listedWithoutGrant", fails: { "KEYS-01/listed-tools": /chat only, \w+, \/mcp-rest\/tools\/list/ } },
  {
    fault: "callsUnchecked",
    fails: { "KEYS-01/callable-tools": /nobody calls echo of everything, which it is not granted/ },
  },
  { fault: "prefixComparison", fails: { "KEYS-02/almost-right-keys": /wrong: without its last character/ } },
  {
    fault: "truncatedComparison",
    fails: { "KEYS-02/almost-right-keys": /with another character in the middle, \/v1\/models/ },
  },
  { fault: "lastCharacterIgnored", fails: { "KEYS-02/almost-right-keys": /wrong: with another last character/ } },
  { fault: "caseIgnored", fails: { "KEYS-02/almost-right-keys": /wrong: in (upper|lower) case/ } },
  { fault: "revokedKeyWorks", fails: { "KEYS-03/revoked-key": /a revoked key is still accepted/ } },
  { fault: "expiryIgnored", fails: { "KEYS-03/expired-key": /an expired key is still accepted/ } },
  { fault: "changedGrantIgnored", fails: { "KEYS-03/changed-grant": /a key is not shown everything in place of/ } },
  { fault: "serverListHeaderUnchecked", fails: { "KEYS-04/listing-detours": /is shown everything/ } },
  {
    fault: "modelsIgnored",
    fails: {
      "KEYS-05/models-of-a-key": /is not offered exactly that model/,
      "KEYS-05/models-of-identities":
        /chat only: chat only is not offered exactly its models\n +expected: +gpt-5-mini /,
    },
  },
  { fault: "budgetIgnored", fails: { "KEYS-05/spent-budget": /a key with a budget of 0 may use a model/ } },
  {
    fault: "openManagement",
    fails: { "KEYS-06/management-is-the-operators": /nobody is not refused by POST \/team\/new/ },
  },
];
