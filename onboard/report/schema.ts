import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { GateReport } from "../gate/report.ts";

/** Path of the schema of onboarding.json. */
export const schemaFile = join(import.meta.dirname, "onboarding.schema.json");

/**
 * Compares a report with its schema before it is written.
 *
 * @throws {Error} when it does not match, which is a fault of the suite
 */
export function checkReport(report: GateReport): void {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, "utf8")));
  if (!validate(report)) throw new Error(`onboarding.json is against its schema: ${ajv.errorsText(validate.errors)}`);
}
