import { writeFileSync } from "node:fs";
import type { Command } from "commander";

export function addDocs(program: Command): void {
  program
    .command("docs")
    .summary("write the generated parts of docs/ again")
    .description(
      "Writes the reference tables of docs/policy.md and docs/reports.md again, from the policy's shape and the report's " +
        "schema, and the schema of bench.json.",
    )
    .action(async () => {
      const { generatedDocuments, generatedFiles, regenerated } = await import("./docs/documents.ts");
      for (const [file, reference] of Object.entries(generatedDocuments)) {
        writeFileSync(file, regenerated(file, reference));
        console.log(file);
      }
      for (const [file, text] of Object.entries(generatedFiles)) {
        writeFileSync(file, text());
        console.log(file);
      }
    });
}
