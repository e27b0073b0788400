import {
  attachment,
  description,
  epic,
  feature,
  label,
  logStep,
  parentSuite,
  severity,
  step,
  story,
  suite,
  tag,
} from "allure-js-commons";
import { loadRequirements, type RequirementId } from "../requirements/requirements.ts";

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
    await suite(`${first} ${known.get(first)?.level ?? ""}: ${known.get(first)?.statement ?? ""}`);
  }
  await story(check.level);
  await severity(check.level === "MUST" ? "critical" : "normal");
  await tag(check.level);
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

/** One thing that a check did, as a step of Allure's report. */
export interface ToldStep {
  /** `GET http://gateway.lan/ → 200`. */
  name: string;
  /** ISO 8601. */
  at: string;
  details: Readonly<Record<string, string>>;
}

/** How much of a step's name and of its details is shown, in characters: a page with all of it opens slowly. */
const shownName = 160;
const shownDetail = 1_000;
/** How many steps of a check are shown: the last ones. Its evidence has all. */
const shownSteps = 50;

/** Tells what the running check did, step by step, in Allure's report. */
export async function tellSteps(steps: readonly ToldStep[]): Promise<void> {
  const inOrder = [...steps].sort((one, other) => (one.at < other.at ? -1 : 1));
  const left = inOrder.length - shownSteps;
  if (left > 0) await logStep(`${left} earlier steps: see the attachments`);
  for (const { name, details } of inOrder.slice(-shownSteps)) {
    await step(cut(name, shownName), async (context) => {
      for (const [key, value] of Object.entries(details)) await context.parameter(key, cut(value, shownDetail));
    });
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
