import type { GateReport } from "../gate/report.ts";
import { itemId, itemNumbers, items } from "../judge/items.ts";

/** A report of a rejected candidate, with one item of each outcome at least, for tests. */
export function exampleReport(own: Partial<GateReport> = {}): GateReport {
  const hidden = 'read_note: an instruction to the model: "<IMPORTANT>" & more';
  return {
    schemaVersion: 1,
    candidate: {
      name: "notes",
      file: "candidates/notes.yaml",
      version: "1.0.0",
      digest: `sha256:${"ab".repeat(32)}`,
      lock: null,
      deployment: "deployments/reference",
    },
    startedAt: "2026-11-27T08:00:00.000Z",
    finishedAt: "2026-11-27T08:01:30.500Z",
    verdict: "reject",
    conditions: ["GATE-19: somebody reads the catalogue"],
    columns: [
      {
        name: "direct",
        items: itemNumbers.map((number) => {
          const base = { id: itemId(number), number, title: items[number], fix: null, condition: null };
          if (number === 17) return { ...base, outcome: "fail", evidence: hidden, fix: "do not use it" };
          if (number === 19)
            return { ...base, outcome: "conditional", evidence: "no lock", condition: "somebody reads the catalogue" };
          if (number >= 29) return { ...base, outcome: "not applicable", evidence: "only a gateway knows identities" };
          return { ...base, outcome: "pass", evidence: "fine" };
        }),
      },
    ],
    gatewayFaults: [],
    toGoLive: [],
    ...own,
  };
}
