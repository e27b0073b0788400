import {
  attachment,
  description,
  epic,
  feature,
  label,
  parentSuite,
  severity,
  story,
  suite,
  tag,
} from "allure-js-commons";
import { loadRequirements, type RequirementId } from "./requirements.ts";

/**
 * Files the running check under its suite, its first requirement and their level in Allure's report.
 *
 * @param level of the strictest requirement that the check proves
 */
export async function labelCheck(check: {
  suite: string;
  requirements: readonly RequirementId[];
  level: "MUST" | "SHOULD";
}): Promise<void> {
  const known = loadRequirements();
  const [first] = check.requirements;
  await epic(check.suite);
  await parentSuite(check.suite);
  if (first !== undefined) {
    await feature(first);
    await suite([first, known.get(first)?.statement].filter(Boolean).join(" "));
  }
  await story(check.level);
  await severity(check.level === "MUST" ? "critical" : "normal");
  for (const id of check.requirements) {
    await tag(id);
    await label("requirement", id);
  }
  const proved = check.requirements.map((id) => known.get(id)).filter((requirement) => requirement !== undefined);
  await description(
    proved.map(({ id, level, statement, source }) => `**${id}** (${level}) ${statement} *${source}*`).join("\n\n"),
  );
}

/** Attaches a text or a picture to the running check in Allure's report. */
export async function attachEvidence(name: string, content: string | Buffer, contentType: string): Promise<void> {
  await attachment(name, content, { contentType });
}
