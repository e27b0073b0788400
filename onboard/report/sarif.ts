import type { GateReport } from "../gate/report.ts";

/** What failed and what has a condition as SARIF 2.1.0, which code scanning shows at the candidate file. */
export function sarifText({ candidate, columns }: GateReport): string {
  const found = columns.flatMap(({ name, items }) =>
    items
      .filter(({ outcome }) => outcome === "fail" || outcome === "conditional")
      .map((item) => ({ column: name, ...item })),
  );
  const rules = [...new Map(found.map(({ id, title }) => [id, title]))].map(([id, title]) => ({
    id,
    shortDescription: { text: title },
  }));
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "litellm-gateway-conformance onboard", version: "1.0.0", rules } },
        results: found.map(({ id, column, outcome, title, evidence, fix, condition }) => ({
          ruleId: id,
          level: outcome === "fail" ? "error" : "warning",
          message: {
            text: [
              `${title} (${column})`,
              evidence,
              ...(fix === null ? [] : [`fix: ${fix}`]),
              ...(condition === null ? [] : [`condition: ${condition}`]),
            ].join("\n"),
          },
          locations: [{ physicalLocation: { artifactLocation: { uri: candidate.file }, region: { startLine: 1 } } }],
          partialFingerprints: { candidateItemAndColumn: `${candidate.name} ${id} ${column}` },
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
